#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <ostream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// SPEC 7
namespace cloud_backend {
namespace {

using Kind = SseEvent::Kind;

struct Event {
    Kind kind = Kind::event;
    std::string data{};
    std::string type{};
    std::string id{};

    friend bool operator==(const Event&, const Event&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Event& event) {
        return out << "{" << static_cast<int>(event.kind) << " data=" << event.data
                   << " type=" << event.type << " id=" << event.id << "}";
    }
};

using Events = std::vector<Event>;

/// Touches the padding, so that a sanitizer sees when it is not there.
std::size_t sum_of_padding(std::string_view data) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < SseParser::padding; ++i) {
        sum += static_cast<unsigned char>(*(data.data() + data.size() + i));
    }
    return sum;
}

class Collector {
public:
    explicit Collector(SseParser& parser) : parser_(parser) {}

    /// From memory of exactly this size, which is gone afterwards.
    SseParser::Status feed(std::string_view bytes) {
        const auto copy = std::make_unique<char[]>(bytes.size());
        std::ranges::copy(bytes, copy.get());
        return parser_.feed({copy.get(), bytes.size()}, [this](const SseEvent& e) { take(e); });
    }
    SseParser::Status finish() {
        return parser_.finish([this](const SseEvent& e) { take(e); });
    }

    Events events{};

private:
    void take(const SseEvent& event) {
        touched_ = sum_of_padding(event.data);
        events.push_back(
            {event.kind, std::string(event.data), std::string(event.type), std::string(event.id)});
    }

    SseParser& parser_;
    volatile std::size_t touched_ = 0;
};

Events parse(const std::vector<std::string_view>& pieces) {
    SseParser parser;
    Collector collector(parser);
    for (const auto piece : pieces) EXPECT_EQ(collector.feed(piece), SseParser::Status::ok);
    EXPECT_EQ(collector.finish(), SseParser::Status::ok);
    return collector.events;
}

Events parse(std::string_view stream) {
    return parse(std::vector{stream});
}

Events data_events(const std::vector<std::string>& texts) {
    Events events;
    for (const auto& text : texts) events.push_back({.data = text});
    return events;
}

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

// --- S2: the result never depends on how the bytes were cut ---

void expect_the_same_in_any_cut(const std::string& stream, std::mt19937& random) {
    const Events whole = parse(stream);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        const std::string_view view = stream;
        ASSERT_EQ(parse({view.substr(0, cut), view.substr(cut)}), whole) << stream << " at " << cut;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < stream.size(); ++i) {
        bytes.push_back(std::string_view(stream).substr(i, 1));
    }
    ASSERT_EQ(parse(bytes), whole) << stream;
    std::vector<std::string_view> pieces;
    for (std::string_view rest = stream; !rest.empty();) {
        const std::size_t size = 1 + random() % std::min<std::size_t>(rest.size(), 20);
        pieces.push_back(rest.substr(0, size));
        rest.remove_prefix(size);
    }
    ASSERT_EQ(parse(pieces), whole) << stream;
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

TEST(SseParser, AgreesWithAPlainReadingOfTheRulesInAnyCut) {
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
        expect_the_same_in_any_cut(stream, random);
    }
}

// --- S3, T8: memory ---

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

TEST(SseParser, AnEventBeyondTheLimitEndsTheStreamUntilReset) {
    const std::vector<std::vector<std::string>> streams{
        {"data: 123456789012345\n\n"},
        {"data: 1234567", "89012345"},
        {"data: 12345\ndata: 67890\ndata: 12345\n\n"},
        {": 123456789012345", "67890"},
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
