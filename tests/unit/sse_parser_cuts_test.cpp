#include "corpus_test.hpp"
#include "sse_events.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// SPEC S2: the result never depends on how the bytes were cut.
namespace cloud_backend {
namespace {

using Kind = SseEvent::Kind;
using test::Events;
using test::parse;

void expect_the_same_at_every_cut(std::string_view stream) {
    const Events whole = parse(stream);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        ASSERT_EQ(parse({stream.substr(0, cut), stream.substr(cut)}), whole)
            << testing::PrintToString(stream) << " at " << cut;
    }
}

void expect_the_same_byte_by_byte(std::string_view stream) {
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < stream.size(); ++i) bytes.push_back(stream.substr(i, 1));
    ASSERT_EQ(parse(bytes), parse(stream)) << testing::PrintToString(stream);
}

void expect_the_same_in_random_pieces(std::string_view stream, std::size_t largest,
                                      std::mt19937& random) {
    std::vector<std::string_view> pieces;
    for (std::string_view rest = stream; !rest.empty();) {
        const std::size_t size = 1 + random() % std::min(rest.size(), largest);
        pieces.push_back(rest.substr(0, size));
        rest.remove_prefix(size);
    }
    ASSERT_EQ(parse(pieces), parse(stream)) << testing::PrintToString(stream);
}

/// The rules of S1, as plainly as can be, for a stream that is there as a whole.
Events reference_parse(std::string stream) {
    if (stream.starts_with("\xEF\xBB\xBF")) stream.erase(0, 3);
    std::vector<std::string> lines(1);
    std::string normal;
    for (std::size_t i = 0; i < stream.size(); ++i) {
        if (stream[i] == '\r' && i + 1 < stream.size() && stream[i + 1] == '\n') continue;
        normal += stream[i] == '\r' ? '\n' : stream[i];
    }
    for (const char c : normal) {
        if (c == '\n') {
            lines.emplace_back();
        } else {
            lines.back() += c;
        }
    }
    Events events;
    std::vector<std::string> data;
    std::string type, id;
    const auto dispatch = [&](Kind kind) {
        std::string joined;
        for (std::size_t i = 0; i < data.size(); ++i) joined += (i ? "\n" : "") + data[i];
        if (!joined.empty()) events.push_back({kind, joined, type, id});
        data.clear();
        type.clear();
    };
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string& line = lines[i];
        const bool ended = i + 1 < lines.size();
        if (line.empty()) {
            if (ended) dispatch(Kind::event);
            continue;
        }
        const std::string name = line.substr(0, line.find(':'));
        std::string value = name.size() < line.size() ? line.substr(name.size() + 1) : "";
        if (value.starts_with(' ')) value.erase(0, 1);
        if (name == "data") {
            data.push_back(value);
        } else if (name == "event") {
            type = value;
        } else if (name == "id") {
            if (value.find('\0') == std::string::npos) id = value;
        } else if (!name.empty() && name != "retry") {
            events.push_back({Kind::bare_line, line, type, id});
        }
    }
    dispatch(Kind::pending);
    return events;
}

TEST(SseParserCuts, AgreeWithAPlainReadingOfTheRules) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::vector<std::string> tricky{"\n",
                                          "\r",
                                          "\r\n",
                                          "\n\n",
                                          "data: ",
                                          "data:",
                                          "data",
                                          "event: x",
                                          "id: 1",
                                          "retry: 5",
                                          "datas: x",
                                          "events: x",
                                          "Data: x",
                                          "iderror",
                                          ":",
                                          " ",
                                          "a",
                                          "{\"a\":1}",
                                          "[DONE]",
                                          "error: {}",
                                          "\xEF\xBB\xBF",
                                          "\xE2\x80\xA8",
                                          std::string(1, '\0'),
                                          "\xFF",
                                          std::string(70, 'z')};
    for (int i = 0; i < 1'500; ++i) {
        std::string stream;
        for (auto n = random() % 12; n > 0; --n) stream += tricky[random() % tricky.size()];
        ASSERT_EQ(parse(stream), reference_parse(stream)) << testing::PrintToString(stream);
        expect_the_same_at_every_cut(stream);
        expect_the_same_byte_by_byte(stream);
        expect_the_same_in_random_pieces(stream, 20, random);
    }
}

using RecordedSseParserCuts = test::CorpusTest;

TEST_F(RecordedSseParserCuts, ChangeNothing) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    constexpr std::size_t small = std::size_t{2} << 10;
    std::size_t streams = 0;
    for (const auto& recorded : cases_of("stream")) {
        SCOPED_TRACE(recorded.name);
        ++streams;
        EXPECT_FALSE(parse(recorded.body).empty());
        if (recorded.body.size() <= small) expect_the_same_at_every_cut(recorded.body);
        expect_the_same_byte_by_byte(recorded.body);
        for (const std::size_t largest : {500U, 20'000U}) {
            expect_the_same_in_random_pieces(recorded.body, largest, random);
        }
        if (HasFatalFailure()) return;
    }
    EXPECT_GT(streams, 0U);
}

}  // namespace
}  // namespace cloud_backend
