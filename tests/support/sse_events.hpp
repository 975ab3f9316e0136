#pragma once

#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

/// An `SseEvent` that keeps what it shows.
struct Event {
    SseEvent::Kind kind = SseEvent::Kind::event;
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
inline std::size_t sum_of_padding(std::string_view data) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < SseParser::padding; ++i) {
        sum += static_cast<unsigned char>(*(data.data() + data.size() + i));
    }
    return sum;
}

/// Feeds a parser and keeps what comes out.
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

inline Events parse(const std::vector<std::string_view>& pieces) {
    SseParser parser;
    Collector collector(parser);
    for (const auto piece : pieces) EXPECT_EQ(collector.feed(piece), SseParser::Status::ok);
    EXPECT_EQ(collector.finish(), SseParser::Status::ok);
    return collector.events;
}

inline Events parse(std::string_view stream) {
    return parse(std::vector{stream});
}

inline Events data_events(const std::vector<std::string>& texts) {
    Events events;
    for (const auto& text : texts) events.push_back({.data = text});
    return events;
}

}  // namespace cloud_backend::test
