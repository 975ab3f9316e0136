#include "sse_events.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// SPEC 7
namespace cloud_backend {
namespace {

using Kind = SseEvent::Kind;
using test::Collector;
using test::data_events;
using test::Event;
using test::Events;
using test::parse;

// --- S1 ---

TEST(SseParser, LinesEndWithLfCrlfOrCrMixed) {
    EXPECT_EQ(parse("data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\r\ndata: e\r\n\ndata: f\r\n\r"),
              data_events({"a", "b", "c", "d", "e", "f"}));
}

TEST(SseParser, ACrAtTheEndOfAPieceDispatchesAtOnceAndSwallowsTheLfThatFollows) {
    SseParser parser;
    Collector collector(parser);
    collector.feed("data: a\r\n\r");
    EXPECT_EQ(collector.events, data_events({"a"}));
    collector.feed("\ndata: b\r\n");
    collector.feed("\r\n");
    EXPECT_EQ(collector.events, data_events({"a", "b"}));
}

TEST(SseParser, AByteOrderMarkAtTheStartIsSwallowedAlsoWhenSplit) {
    const auto expected = data_events({"a"});
    EXPECT_EQ(parse("\xEF\xBB\xBF"
                    "data: a\n\n"),
              expected);
    EXPECT_EQ(parse({"\xEF", "\xBB",
                     "\xBF"
                     "data: a\n\n"}),
              expected);
    EXPECT_EQ(parse("\xEF\xBB\xBF\ndata: a\n\n"), expected);
}

TEST(SseParser, AByteOrderMarkElsewhereIsContent) {
    EXPECT_EQ(parse("data: \xEF\xBB\xBFx\n\n"), data_events({"\xEF\xBB\xBFx"}));
}

TEST(SseParser, CommentsAreIgnored) {
    EXPECT_EQ(parse(": OPENROUTER PROCESSING\n\n:\n\ndata: a\n: in between\ndata: b\n\n"),
              data_events({"a\nb"}));
}

TEST(SseParser, OneSpaceAfterTheColonIsRemoved) {
    EXPECT_EQ(parse("data:a\n\ndata:  b\n\ndata: \n\ndata:\tc\n\n"),
              data_events({"a", " b", "\tc"}));
}

TEST(SseParser, DataLinesAreJoinedWithLf) {
    EXPECT_EQ(parse("data: a\ndata\ndata: b\ndata:\n\n"), data_events({"a\n\nb\n"}));
}

TEST(SseParser, TypeAndIdAndRetryAreRead) {
    SseParser parser;
    Collector collector(parser);
    collector.feed("event: ping\nid: 7\nretry: 250\ndata: a\n\ndata: b\n\n");
    EXPECT_EQ(collector.events, (Events{{.data = "a", .type = "ping", .id = "7"},
                                        {.data = "b", .type = "", .id = "7"}}));
    EXPECT_EQ(parser.reconnection_time(), std::chrono::milliseconds(250));
}

TEST(SseParser, AnIdWithNulAndARetryThatIsNoNumberAreIgnored) {
    using namespace std::string_view_literals;
    SseParser parser;
    Collector collector(parser);
    collector.feed(
        "id: 7\nid: 8\0\nretry: 1s\nretry: -1\nretry:\nretry: 99999999999999999999\n"
        "data: a\n\n"sv);
    EXPECT_EQ(collector.events, (Events{{.data = "a", .id = "7"}}));
    EXPECT_FALSE(parser.reconnection_time());
}

TEST(SseParser, WithoutDataThereIsNoEvent) {
    EXPECT_EQ(parse("event: ping\n\nid: 1\n\ndata:\n\ndata\n\n\n\n"), Events{});
}

TEST(SseParser, ATypeDoesNotOutliveItsRecord) {
    EXPECT_EQ(parse("event: ping\n\ndata: a\n\n"), data_events({"a"}));
}

// --- S4 ---

TEST(SseParser, UnicodeSeparatorsAndVerticalTabStayContent) {
    const std::string text =
        "a\xE2\x80\xA8"
        "b\xC2\x85"
        "c\x0B"
        "d\x0C"
        "e";
    EXPECT_EQ(parse("data: " + text + "\n\n"), data_events({text}));
}

// --- S5, S7: handed over for the decoder to judge ---

TEST(SseParser, WhatTheEndLeavesUndispatchedComesAsPending) {
    EXPECT_EQ(parse("data: a\n\ndata: [DONE]\n"),
              (Events{{.data = "a"}, {.kind = Kind::pending, .data = "[DONE]"}}));
    EXPECT_EQ(parse("data: [DO"), (Events{{.kind = Kind::pending, .data = "[DO"}}));
    EXPECT_EQ(parse("data: a\ndata: b"), (Events{{.kind = Kind::pending, .data = "a\nb"}}));
    EXPECT_EQ(parse("data: a\n\nevent: x"), data_events({"a"}));
}

TEST(SseParser, ALineThatIsNoFieldComesAsItIs) {
    EXPECT_EQ(parse("{\"error\":{}}\ndata: a\nerror: {}\n\ngarbage"),
              (Events{{.kind = Kind::bare_line, .data = "{\"error\":{}}"},
                      {.kind = Kind::bare_line, .data = "error: {}"},
                      {.data = "a"},
                      {.kind = Kind::bare_line, .data = "garbage"}}));
}

TEST(SseParser, OnlyTheFourFieldNamesAreFields) {
    for (const std::string line : {"Data: a", "datas: a", "dat: a", " data: a", "events: a",
                                   "retry_: 1", "i", "data a: b"}) {
        EXPECT_EQ(parse(line + "\n"), (Events{{.kind = Kind::bare_line, .data = line}}));
    }
}

// --- S3, T8: memory ---

/// Where the data of the only event of `piece` stands in it; npos when it was copied.
std::size_t place_of_data(std::string_view piece) {
    SseParser parser;
    std::size_t place = std::string_view::npos;
    parser.feed(piece, [&](const SseEvent& event) {
        for (std::size_t i = 0; i < piece.size(); ++i) {
            if (piece.data() + i == event.data.data()) place = i;
        }
    });
    return place;
}

TEST(SseParser, CopiesOnlyDataThatHasNoPaddingWhereItStands) {
    const std::string behind = "\n\n" + std::string(SseParser::padding - 2, ':');
    EXPECT_EQ(place_of_data("data: abc" + behind), 6U);
    EXPECT_EQ(place_of_data("data: abc" + behind.substr(0, behind.size() - 1)),
              std::string_view::npos);
    EXPECT_EQ(place_of_data("data: abc\n\n"), std::string_view::npos);
    EXPECT_EQ(place_of_data("data: abc\ndata: d" + behind), std::string_view::npos);
}

TEST(SseParser, ALargeTypeOrIdIsNotHeldForLong) {
    SseParser parser;
    Collector collector(parser);
    const std::string large(std::size_t{4} << 20, 'x');
    collector.feed("event: " + large + "\nid: " + large + "\ndata: a\n\n");
    collector.feed("id: 1\ndata: b\n\n");
    ASSERT_EQ(collector.events.size(), 2u);
    EXPECT_EQ(collector.events[0].type, large);
    EXPECT_EQ(collector.events[0].id, large);
    EXPECT_LE(parser.buffer_capacity(), std::size_t{200} << 10);
}

TEST(SseParser, BuffersShrinkAfterALargeEvent) {
    SseParser parser;
    Collector collector(parser);
    const std::string large(std::size_t{4} << 20, 'x');
    collector.feed("data: " + large);
    collector.feed("\n\n");
    collector.feed("data: a\n\n");
    EXPECT_EQ(collector.events.size(), 2u);
    EXPECT_LE(parser.buffer_capacity(), std::size_t{200} << 10);
}

TEST(SseParser, TheBufferCapacityIsThatOfLineDataTypeAndId) {
    const std::string large(std::size_t{30} << 10, 'x');
    for (const std::string field : {"", "data: ", "event: ", "id: "}) {
        SseParser parser;
        Collector collector(parser);
        const bool line_is_over = !field.empty();
        collector.feed(field + large + (line_is_over ? "\n" : ""));
        EXPECT_GE(parser.buffer_capacity(), large.size()) << field;
        EXPECT_LE(parser.buffer_capacity(), 3 * large.size()) << field;
    }
}

TEST(SseParser, AnEventBeyondTheLimitEndsTheStreamUntilReset) {
    const std::vector<std::vector<std::string>> streams{
        {"data: 123456789012345\n\n"},
        {"data: 1234567", "89012345"},
        {"data: 12345\ndata: 67890\ndata: 12345\n\n"},
        {": 123456789012345", "67890"},
        {"data: 12345678\ndata: 12345678901"},  // Its data is gone with the piece.
    };
    for (const auto& pieces : streams) {
        SseParser parser(16);
        Collector collector(parser);
        auto status = SseParser::Status::ok;
        for (const auto& piece : pieces) status = collector.feed(piece);
        EXPECT_EQ(status, SseParser::Status::event_too_large) << pieces[0];
        EXPECT_EQ(collector.feed("data: a\n\n"), SseParser::Status::event_too_large);
        EXPECT_EQ(collector.finish(), SseParser::Status::event_too_large);
        EXPECT_EQ(collector.events, Events{});
        parser.reset();
        EXPECT_EQ(collector.feed("data: a\n\n"), SseParser::Status::ok);
        EXPECT_EQ(collector.events, data_events({"a"}));
    }
}

TEST(SseParser, ALineOrRecordOfExactlyTheLimitIsRead) {
    for (const std::string stream : {"data: 1234567890\n\n", "data: 1234567\ndata: 90123456\n\n"}) {
        SseParser parser(16);
        Collector collector(parser);
        EXPECT_EQ(collector.feed(stream), SseParser::Status::ok) << stream;
        for (const char& c : stream) {
            EXPECT_EQ(collector.feed({&c, 1}), SseParser::Status::ok) << stream;
        }
        EXPECT_EQ(collector.events.size(), 2u);
    }
}

TEST(SseParser, ManyEventsDoNotAddUpToTheLimit) {
    SseParser parser(32);
    Collector collector(parser);
    for (int i = 0; i < 1'000; ++i) {
        ASSERT_EQ(collector.feed("data: 1234567890\n\n"), SseParser::Status::ok);
    }
    EXPECT_EQ(collector.events.size(), 1'000u);
}

// --- S8 ---

TEST(SseParser, TheCallbackCanStopAndTheNextPieceGoesOn) {
    SseParser parser;
    std::vector<std::string> seen;
    const auto once = [&](const SseEvent& event) {
        seen.emplace_back(event.data);
        return false;
    };
    EXPECT_EQ(parser.feed("data: a\n\ndata: b\n\n", once), SseParser::Status::stopped);
    EXPECT_EQ(parser.feed("data: c\n\n", once), SseParser::Status::stopped);
    EXPECT_EQ(seen, (std::vector<std::string>{"a", "c"}));
}

TEST(SseParser, AfterAnExceptionResetMakesItNew) {
    SseParser parser;
    EXPECT_THROW(parser.feed("data: a\n\ndata: b\n",
                             [](const SseEvent&) { throw std::runtime_error("mine"); }),
                 std::runtime_error);
    parser.reset();
    Collector collector(parser);
    collector.feed("data: c\n\n");
    EXPECT_EQ(collector.events, data_events({"c"}));
}

}  // namespace
}  // namespace cloud_backend
