#include "http/response_head_reader.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::detail {
namespace {

/// The heads that these lines give, in order.
std::vector<ResponseHead> heads_of(ResponseHeadReader& reader,
                                   std::initializer_list<std::string_view> lines) {
    std::vector<ResponseHead> heads;
    for (const std::string_view line : lines) {
        if (auto head = reader.read(std::string(line) + "\r\n")) heads.push_back(*std::move(head));
    }
    return heads;
}

std::vector<ResponseHead> heads_of(std::initializer_list<std::string_view> lines) {
    ResponseHeadReader reader;
    return heads_of(reader, lines);
}

bool framed(std::initializer_list<std::string_view> lines) {
    const auto heads = heads_of(lines);
    EXPECT_EQ(heads.size(), 1U);
    return heads.at(0).framed;
}

TEST(ResponseHeadReaderTest, GivesStatusAndFieldsAtTheBlankLine) {
    const auto heads = heads_of({"HTTP/1.1 429 Too Many Requests", "Retry-After:  20 ",
                                 "X-Empty:", "X-URL: http://a/b", "no field", ""});
    ASSERT_EQ(heads.size(), 1U);
    EXPECT_EQ(heads[0].status, 429);
    EXPECT_EQ(heads[0].headers,
              (Headers{{"Retry-After", "20"}, {"X-Empty", ""}, {"X-URL", "http://a/b"}}));
}

TEST(ResponseHeadReaderTest, GivesNothingBeforeTheBlankLine) {
    EXPECT_TRUE(heads_of({"HTTP/1.1 200 OK", "A: b"}).empty());
}

TEST(ResponseHeadReaderTest, ReadsAStatusWithoutReason) {
    EXPECT_EQ(heads_of({"HTTP/2 503", ""}).at(0).status, 503);
    EXPECT_EQ(heads_of({"HTTP/2 200 ", ""}).at(0).status, 200);
}

TEST(ResponseHeadReaderTest, DropsInformationalAnswers) {
    const auto heads = heads_of({"HTTP/1.1 100 Continue", "", "HTTP/1.1 103 Early Hints", "Link: x",
                                 "", "HTTP/1.1 200 OK", "A: b", ""});
    ASSERT_EQ(heads.size(), 1U);
    EXPECT_EQ(heads[0].status, 200);
    EXPECT_EQ(heads[0].headers, (Headers{{"A", "b"}}));
}

TEST(ResponseHeadReaderTest, IgnoresTrailers) {
    EXPECT_EQ(heads_of({"HTTP/1.1 200 OK", "", "Checksum: 1", ""}).size(), 1U);
}

TEST(ResponseHeadReaderTest, JoinsAFoldedField) {
    EXPECT_EQ(heads_of({"HTTP/1.1 200 OK", "A: b", "\t c", ""}).at(0).headers,
              (Headers{{"A", "b c"}}));
}

TEST(ResponseHeadReaderTest, KnowsWhetherTheEndOfTheBodyIsMarked) {
    EXPECT_TRUE(framed({"HTTP/1.1 200 OK", "content-length: 5", ""}));
    EXPECT_TRUE(framed({"HTTP/1.1 200 OK", "Transfer-Encoding: gzip, Chunked", ""}));
    EXPECT_TRUE(framed({"HTTP/1.1 204 No Content", ""}));
    EXPECT_TRUE(framed({"HTTP/1.1 304 Not Modified", ""}));
    EXPECT_FALSE(framed({"HTTP/1.1 200 OK", "Connection: close", ""}));
    EXPECT_FALSE(framed({"HTTP/1.1 200 OK", "Transfer-Encoding: identity", ""}));
}

TEST(ResponseHeadReaderTest, GivesAHeadThatWasCutOffOnce) {  // T4
    ResponseHeadReader reader;
    EXPECT_TRUE(heads_of(reader, {"HTTP/1.1 200 OK", "Content-Length: 5"}).empty());
    const auto head = reader.cut_off();
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 200);
    EXPECT_FALSE(head->framed);
    EXPECT_FALSE(reader.cut_off());
}

TEST(ResponseHeadReaderTest, NothingIsCutOffOfACompleteOrAbsentHead) {
    ResponseHeadReader absent;
    EXPECT_FALSE(absent.cut_off());
    ResponseHeadReader informational;
    EXPECT_TRUE(heads_of(informational, {"HTTP/1.1 100 Continue"}).empty());
    EXPECT_FALSE(informational.cut_off());
    ResponseHeadReader complete;
    EXPECT_EQ(heads_of(complete, {"HTTP/1.1 200 OK", ""}).size(), 1U);
    EXPECT_FALSE(complete.cut_off());
}

TEST(ResponseHeadReaderTest, NoHeadFollowsASwitchOfProtocols) {
    EXPECT_EQ(heads_of({"HTTP/1.1 101 Switching Protocols", ""}).at(0).status, 101);
}

}  // namespace
}  // namespace cloud_backend::detail
