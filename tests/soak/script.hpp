#pragma once

#include <embedded_server.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What goes wrong in which call: a function of the seed alone, so that caller and server agree on
/// it without a word, and a run can be repeated.
namespace cloud_backend::soak {

/// The numbers of a call and of one attempt of it, both from 0.
struct AttemptId {
    std::uint64_t call = 0;
    std::size_t attempt = 0;
};

inline constexpr std::size_t max_attempts = 4;

/// What the server does to one attempt.
enum class Fault {
    none,
    bytewise,          ///< Every byte leaves on its own.
    slow,              ///< With pauses between the events.
    close_afterwards,  ///< The answer is whole; the connection dies before its next use.
    close_at_once,     ///< No byte of an answer.
    reset_at_once,
    cut,  ///< Closed behind any byte.
    cut_by_reset,
    stall_at_once,
    stall,  ///< Behind any byte.
    not_http,
    not_json,            ///< One event, or the body, is none.
    error_inside,        ///< An error object in a 200 answer.
    server_error,        ///< 500
    unavailable,         ///< 503 with a short Retry-After
    throttled,           ///< 429 with a short Retry-After
    throttled_for_long,  ///< 429 with a Retry-After longer than a call may wait
};

/// What the caller does in one call.
enum class Behaviour {
    wait,
    cancel_before,
    cancel_during,
    throw_in_callback,
    stop_in_callback,
    short_deadline,
};

inline constexpr std::chrono::milliseconds short_retry_after{10};

class Script {
public:
    explicit Script(std::uint64_t seed) : seed_(seed) {}

    struct Call {
        bool streamed = false;
        Behaviour behaviour{};
        std::chrono::milliseconds delay{};  ///< Of a cancel or a deadline.
        std::size_t chunk = 0;              ///< Behind which the callback throws or stops.
        bool impatient = false;             ///< An attempt may stall: short limits.
        bool retry_on_timeout = false;
    };
    [[nodiscard]] Call call(std::uint64_t call) const;

    [[nodiscard]] Fault fault(AttemptId id) const;
    /// The answer's pieces of text; each says of which attempt it is, and which of them.
    [[nodiscard]] std::vector<std::string> words(AttemptId id) const;
    [[nodiscard]] embedded_server::Answer answer(AttemptId id) const;

private:
    [[nodiscard]] embedded_server::Answer good_answer(AttemptId id) const;

    std::uint64_t seed_;
};

[[nodiscard]] std::string joined(const std::vector<std::string>& words);

/// The status an attempt with this fault is answered with, if it is answered.
[[nodiscard]] int status_of(Fault fault);

}  // namespace cloud_backend::soak
