#include <cloud_backend/annotations.hpp>
#include <cloud_backend/logprobs.hpp>

#include <gtest/gtest.h>

#include <string>

// SPEC C2
namespace cloud_backend {
namespace {

TEST(Logprobs, TellsTokensAndTheirAlternatives) {
    const auto logprobs = RawJson::trusted(R"({"content":[
        {"token":"\u00e4","logprob":-0.25,"bytes":[195,164],
         "top_logprobs":[{"token":"a","logprob":-1,"bytes":null},{"token":"b","logprob":-9999.0}]},
        {"token":"!","logprob":0}],"refusal":[{"token":"No","logprob":-2}]})");
    const auto tokens = token_logprobs(logprobs);
    ASSERT_EQ(tokens.size(), 2U);
    EXPECT_EQ(tokens[0].token, "\u00e4");
    EXPECT_EQ(tokens[0].logprob, -0.25);
    EXPECT_EQ(tokens[0].bytes, "\xC3\xA4");
    ASSERT_EQ(tokens[0].alternatives.size(), 2U);
    EXPECT_EQ(tokens[0].alternatives[0].token, "a");
    EXPECT_EQ(tokens[0].alternatives[0].logprob, -1);
    EXPECT_EQ(tokens[0].alternatives[0].bytes, "");
    EXPECT_EQ(tokens[0].alternatives[1].logprob, -9999);
    EXPECT_EQ(tokens[1].token, "!");
    EXPECT_TRUE(tokens[1].alternatives.empty());
    const auto refusal = refusal_logprobs(logprobs);
    ASSERT_EQ(refusal.size(), 1U);
    EXPECT_EQ(refusal[0].token, "No");
}

TEST(Logprobs, ThereMayBeNone) {
    for (const char* json :
         {"", "{}", "null", "[]", "1", R"({"content":null})", R"({"content":{"token":"x"}})",
          R"({"content":[1,null,[],{"logprob":1}]})", "{oops"}) {
        EXPECT_TRUE(token_logprobs(RawJson::trusted(json)).empty()) << json;
        EXPECT_TRUE(refusal_logprobs(RawJson::trusted(json)).empty()) << json;
    }
}

TEST(Logprobs, FieldsOfAnotherTypeAreEmpty) {
    const auto tokens = token_logprobs(RawJson::trusted(
        R"({"content":[{"token":1,"logprob":"x","bytes":"x","top_logprobs":[{},{"token":null},3]}]})"));
    ASSERT_EQ(tokens.size(), 1U);
    EXPECT_EQ(tokens[0].token, "");
    EXPECT_EQ(tokens[0].logprob, 0);
    EXPECT_EQ(tokens[0].bytes, "");
    EXPECT_EQ(tokens[0].alternatives.size(), 1U);
}

TEST(Logprobs, NestingCostsNoStack) {
    EXPECT_TRUE(token_logprobs(RawJson::trusted(std::string(1'000'000, '['))).empty());
}

TEST(Annotations, TellsWhatTheTextRestsOn) {
    const auto citations = url_citations(RawJson::trusted(R"([
        {"type":"url_citation","url_citation":{"url":"https://a","title":"A","start_index":3,
                                               "end_index":9}},
        {"type":"file_citation","file_citation":{"file_id":"f"}},
        {"type":"url_citation","url_citation":{"url":"https://b","title":null}},
        {"url_citation":1}, null])"));
    ASSERT_EQ(citations.size(), 2U);
    EXPECT_EQ(citations[0].url, "https://a");
    EXPECT_EQ(citations[0].title, "A");
    EXPECT_EQ(citations[0].start_index, 3);
    EXPECT_EQ(citations[0].end_index, 9);
    EXPECT_EQ(citations[1].url, "https://b");
    EXPECT_EQ(citations[1].title, "");
    EXPECT_EQ(citations[1].end_index, 0);
    for (const char* json : {"", "{}", "null", "[[]]"}) {
        EXPECT_TRUE(url_citations(RawJson::trusted(json)).empty()) << json;
    }
}

}  // namespace
}  // namespace cloud_backend
