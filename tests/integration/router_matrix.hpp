#pragma once

#include "../support/fault.hpp"

#include <cloud_backend/circuit_breaker.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

// What the cells of the router's fault matrix state, and how they are printed.
namespace cloud_backend::test {

/// What the first of two backends does wrong.
enum class FirstBackend {
    refuses_the_connection,
    answers_500,
    answers_429_for_5_s,
    answers_429_for_120_s,
    answers_401,
    answers_400,
    stalls,
    breaks_before_the_first_delta,
    breaks_after_the_role,
    breaks_after_content,
    breaks_after_a_tool_call,
};

constexpr std::string_view name_of(FirstBackend fault) {
    constexpr std::array<std::string_view, 11> names{
        "connection refused",
        "500",
        "429, Retry-After 5",
        "429, Retry-After 120",
        "401",
        "400",
        "stall",
        "break before a delta",
        "break after role",
        "break after content",
        "break after tool call",
    };
    return names.at(static_cast<std::size_t>(fault));
}

/// The outcomes recorded with a breaker: one for each attempt (SPEC B2).
struct Outcomes {
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    std::uint64_t throttled = 0;
    std::uint64_t rejected = 0;
    std::uint64_t neutral = 0;

    Outcomes() = default;
    constexpr explicit Outcomes(Outcome outcome, std::uint64_t count = 1) {
        switch (outcome) {
            case Outcome::success:
                successes = count;
                break;
            case Outcome::failure:
                failures = count;
                break;
            case Outcome::throttled:
                throttled = count;
                break;
            case Outcome::rejected:
                rejected = count;
                break;
            case Outcome::neutral:
                neutral = count;
                break;
        }
    }
    explicit Outcomes(const CircuitBreaker::Counters& counters)
        : successes(counters.successes),
          failures(counters.failures),
          throttled(counters.throttled),
          rejected(counters.rejected),
          neutral(counters.neutral) {}

    friend bool operator==(const Outcomes&, const Outcomes&) = default;
    friend std::string text_of(const Outcomes& outcomes) {
        std::ostringstream text;
        const auto print = [&](std::string_view name, std::uint64_t count) {
            if (count > 0) text << name << '+' << count << ' ';
        };
        print("success ", outcomes.successes);
        print("failure ", outcomes.failures);
        print("throttled ", outcomes.throttled);
        print("rejected ", outcomes.rejected);
        print("neutral ", outcomes.neutral);
        return text.str();
    }
};

/// How often each backend was asked, and how the call ended: the name of the backend that answered,
/// or the type of the error.
struct CallCell {
    std::string_view ending{};
    std::size_t first_posts = 0;
    std::size_t second_posts = 0;

    friend bool operator==(const CallCell&, const CallCell&) = default;
    friend std::ostream& operator<<(std::ostream& out, const CallCell& cell) {
        return out << std::left << std::setw(17) << cell.ending << cell.first_posts << " + "
                   << cell.second_posts << "   ";
    }
};

/// Two calls, one after the other.
struct RouterCell {
    CallCell call{};
    std::string_view text{};  ///< That was delivered: of the completion, or of the partial one.
    std::size_t chunks = 0;   ///< That were delivered.
    Outcomes first{};         ///< That the breakers hold after the first call.
    Outcomes second{};
    CallCell next_call{};

    friend bool operator==(const RouterCell&, const RouterCell&) = default;
    friend std::ostream& operator<<(std::ostream& out, const RouterCell& cell) {
        return out << cell.call << std::setw(16) << cell.text << std::setw(8) << cell.chunks
                   << std::setw(15) << text_of(cell.first) << std::setw(12) << text_of(cell.second)
                   << cell.next_call;
    }
};

struct RouterRow {
    FirstBackend fault{};
    Mode mode{};
    RouterCell expected{};

    friend std::ostream& operator<<(std::ostream& out, const RouterRow& row) {
        return out << std::left << std::setw(23) << name_of(row.fault) << std::setw(10)
                   << (row.mode == Mode::plain ? "plain" : "streamed");
    }
};

inline constexpr std::string_view router_matrix_heading =
    "first backend          mode      ended by         POSTs   delivered       chunks  "
    "first breaker  second's    next call        POSTs      ms";

}  // namespace cloud_backend::test
