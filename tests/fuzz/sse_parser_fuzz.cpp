#include "fuzzing.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <chrono>
#include <optional>
#include <string>

// SPEC 7: the events do not depend on the cuts (S2), nor does the error of one that is too large;
// every event can be read with its padding.
namespace cloud_backend::fuzz {
namespace {

struct Event {
    SseEvent::Kind kind{};
    std::string data{};
    std::string type{};
    std::string id{};

    friend bool operator==(const Event&, const Event&) = default;
};

/// All that a parser tells of a stream.
struct Account {
    std::vector<Event> events{};
    SseParser::Status status{};
    std::optional<std::chrono::milliseconds> reconnection_time{};

    friend bool operator==(const Account&, const Account&) = default;
};

void touch_padding(std::string_view data) {
    volatile char last = 0;
    for (std::size_t i = 0; i < SseParser::padding; ++i) last = *(data.data() + data.size() + i);
    (void)last;
}

void check(const SseEvent& event, std::size_t limit) {
    require(!event.data.empty(), "an event has data (S1)");
    require(event.data.size() <= limit, "no event is larger than the limit (T8)");
    require(event.data.find('\r') == std::string_view::npos, "a CR ends a line (S1)");
    require(event.id.find('\0') == std::string_view::npos, "an id holds no NUL (S1)");
    touch_padding(event.data);
}

Account parse(SseParser& parser, const Pieces& pieces, std::size_t limit) {
    Account account;
    const auto keep = [&](const SseEvent& event) {
        check(event, limit);
        account.events.push_back(
            {event.kind, std::string(event.data), std::string(event.type), std::string(event.id)});
    };
    for (const auto piece : pieces) parser.feed(OwnedPiece(piece).view(), keep);
    account.status = parser.finish(keep);
    account.reconnection_time = parser.reconnection_time();
    return account;
}

void check_cuts(std::string_view input, std::size_t limit) {
    const auto ways = ways_to_cut(input);
    SseParser parser(limit);
    const auto whole = parse(parser, ways.front(), limit);
    for (const auto& pieces : ways) {
        parser.reset();
        require(parse(parser, pieces, limit) == whole, "cuts change nothing (S2)");
    }
}

void check_stopping(std::string_view input) {
    SseParser parser;
    std::size_t calls = 0;
    const auto status = parser.feed(input, [&](const SseEvent&) { return ++calls < 2; });
    require((status == SseParser::Status::stopped) == (calls == 2), "false stops");
}

}  // namespace
}  // namespace cloud_backend::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cloud_backend::fuzz;
    const auto input = as_text(data, size);
    check_cuts(input, std::size_t{1} << 20);
    check_cuts(input, 64);
    check_stopping(input);
    return 0;
}
