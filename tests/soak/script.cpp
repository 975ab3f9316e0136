#include "script.hpp"

#include "../support/backend_fixture.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace cloud_backend::soak {

namespace {

using embedded_server::Answer;
using std::chrono::milliseconds;

/// SplitMix64: as many numbers as are asked for, from any seed.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    Dice(std::uint64_t seed, std::uint64_t call, std::uint64_t use)
        : Dice(Dice(Dice(seed).next() + call).next() + use) {}

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    std::uint64_t below(std::uint64_t n) { return next() % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    template <class T, std::size_t n>
    T pick(const std::array<T, n>& values) {
        return values[below(n)];
    }

private:
    std::uint64_t state_;
};

/// One for each thing that chance decides, so that no decision hangs on another.
enum Use : std::uint64_t { of_call = 1'000, of_fault = 2'000, of_answer = 3'000, of_words = 4'000 };

constexpr std::string_view error_json =
    R"({"error":{"message":"overloaded","type":"server_error","code":503}})";

/// Now and then the service is down for a while, so that circuits open.
bool in_outage(std::uint64_t call) {
    constexpr std::uint64_t period = 400;
    constexpr std::uint64_t outage = 24;
    return call % period >= period - outage;
}

std::string completion_json(const std::string& text) {
    return R"({"id":"c-1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,)"
           R"("message":{"role":"assistant","content":")" +
           text + R"("},"finish_reason":"stop"}]})";
}

std::vector<std::string> events_of(const std::vector<std::string>& words) {
    std::vector<std::string> events{test::chunk_json(R"({"role":"assistant","content":""})")};
    for (const auto& word : words) events.push_back(test::content_chunk(word));
    events.push_back(test::chunk_json("{}", R"("stop")"));
    return test::with_done(std::move(events));
}

/// With one event more, anywhere before the end.
Answer stream_with(std::vector<std::string> events, std::string_view event, Dice& dice) {
    const auto place = static_cast<std::ptrdiff_t>(dice.below(events.size() - 1));
    events.emplace(events.begin() + place, event);
    return Answer::stream(events);
}

Answer refusal(int status, const std::string& retry_after = {}) {
    embedded_server::Headers headers;
    if (!retry_after.empty()) headers.emplace_back("Retry-After", retry_after);
    return Answer::json(status, R"({"error":{"message":"no"}})", headers);
}

}  // namespace

Script::Call Script::call(std::uint64_t call) const {
    constexpr std::array behaviours{Behaviour::cancel_before,    Behaviour::cancel_during,
                                    Behaviour::cancel_during,    Behaviour::throw_in_callback,
                                    Behaviour::stop_in_callback, Behaviour::short_deadline};
    Dice dice(seed_, call, of_call);
    Call script{.streamed = !dice.one_in(4),
                .behaviour = dice.one_in(4) ? dice.pick(behaviours) : Behaviour::wait,
                .delay = milliseconds(dice.below(20)),
                .chunk = dice.below(4),
                .retry_on_timeout = dice.one_in(2)};
    for (std::size_t attempt = 0; attempt < max_attempts; ++attempt) {
        const Fault expected = fault({call, attempt});
        script.impatient |= expected == Fault::stall || expected == Fault::stall_at_once;
    }
    return script;
}

Fault Script::fault(AttemptId id) const {
    constexpr std::array faults{
        Fault::bytewise,      Fault::slow,          Fault::close_afterwards,
        Fault::close_at_once, Fault::reset_at_once, Fault::cut,
        Fault::cut,           Fault::cut_by_reset,  Fault::stall_at_once,
        Fault::stall,         Fault::not_http,      Fault::not_json,
        Fault::error_inside,  Fault::server_error,  Fault::unavailable,
        Fault::throttled,     Fault::throttled,     Fault::throttled_for_long};
    Dice dice(seed_, id.call, of_fault + id.attempt);
    if (in_outage(id.call)) return dice.one_in(2) ? Fault::close_at_once : Fault::server_error;
    return dice.one_in(3) ? dice.pick(faults) : Fault::none;
}

std::vector<std::string> Script::words(AttemptId id) const {
    std::vector<std::string> words(Dice(seed_, id.call, of_words + id.attempt).below(8));
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = std::to_string(id.call) + '.' + std::to_string(id.attempt) + '.' +
                   std::to_string(i) + ' ';
    }
    return words;
}

Answer Script::good_answer(AttemptId id) const {
    return call(id.call).streamed ? Answer::stream(events_of(words(id)))
                                  : Answer::json(200, completion_json(joined(words(id))));
}

Answer Script::answer(AttemptId id) const {
    Dice dice(seed_, id.call, of_answer + id.attempt);
    const Answer good = good_answer(id);
    const std::size_t anywhere = dice.below(good.wire().size() + 1);
    const bool streamed = call(id.call).streamed;
    switch (fault(id)) {
        case Fault::none:
            return good;
        case Fault::bytewise:
            return good.in_pieces_of(1);
        case Fault::slow:
            return good.pause_between(milliseconds(2));
        case Fault::close_afterwards:
            return good.then_close();
        case Fault::close_at_once:
            return Answer::bytes("").then_close();
        case Fault::reset_at_once:
            return Answer::bytes("").then_reset();
        case Fault::cut:
            return good.cut_after(anywhere);
        case Fault::cut_by_reset:
            return good.cut_after(anywhere).then_reset();
        case Fault::stall_at_once:
            return Answer::bytes("").then_stall();
        case Fault::stall:
            // Not behind the last byte: the connection would be kept, and stall the next call.
            return good.cut_after(std::min(anywhere, good.wire().size() - 1)).then_stall();
        case Fault::not_http:
            return Answer::bytes("SSH-2.0-OpenSSH_9.2\r\n").then_close();
        case Fault::not_json:
            return streamed ? stream_with(events_of(words(id)), "{oops", dice)
                            : Answer::json(200, "{oops");
        case Fault::error_inside:
            return streamed ? stream_with(events_of(words(id)), error_json, dice)
                            : Answer::json(200, error_json);
        case Fault::server_error:
            return refusal(500);
        case Fault::unavailable:
            return refusal(503, "0.01");
        case Fault::throttled:
            return refusal(429, "0.01");
        case Fault::throttled_for_long:
            return refusal(429, "3600");
    }
    return good;
}

std::string joined(const std::vector<std::string>& words) {
    return std::accumulate(words.begin(), words.end(), std::string());
}

int status_of(Fault fault) {
    switch (fault) {
        case Fault::server_error:
            return 500;
        case Fault::unavailable:
            return 503;
        case Fault::throttled:
        case Fault::throttled_for_long:
            return 429;
        default:
            return 200;
    }
}

}  // namespace cloud_backend::soak
