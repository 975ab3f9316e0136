#pragma once

#include <cloud_backend/clock.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/outcome.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

namespace cloud_backend {

/// What a circuit breaker does with attempts.
enum class CircuitState {
    closed,     ///< Attempts pass.
    open,       ///< Attempts are refused until the open time is over.
    half_open,  ///< A few probes pass; the first result decides.
    isolated,   ///< Refused until `close()` or `reset()`, whatever the time.
};

/// Its name: "closed", "open", "half_open" or "isolated". Lives for ever.
[[nodiscard]] CLOUD_BACKEND_EXPORT std::string_view to_string(CircuitState state) noexcept;

/// One transition of a circuit breaker.
struct CircuitStateChange {
    CircuitState from{};
    CircuitState to{};
    std::uint64_t generation{};  ///< The generation that begins with this change.
};

/// Opens the circuit by the share of failures in a sliding window (SPEC B8).
struct FailureRateOptions {
    std::chrono::milliseconds window{30'000};  ///< Kept in ten buckets.
    double threshold = 0.5;  ///< Share of failures, 0 to 1, that opens the circuit.
    int min_attempts = 10;   ///< Below this many in the window nothing opens.
};

/// When a circuit opens, and for how long (SPEC 5).
struct CircuitBreakerOptions {
    int fail_max = 5;  ///< Consecutive failures that open the circuit.
    std::chrono::milliseconds reset_timeout{30'000};  ///< Open time; up to 10 % is added at random.
    std::chrono::milliseconds max_retry_after{
        120'000};              ///< A server can lengthen the open time to this.
    int half_open_probes = 1;  ///< Probes under way at once in half-open.
    std::optional<FailureRateOptions> failure_rate{};  ///< Off unless set.
    /// Told of each transition, in order, outside the lock, on a thread that uses the breaker.
    /// Must not throw; may call the breaker.
    std::function<void(const CircuitStateChange&)> on_state_change{};
};

/// A circuit breaker: stops asking an endpoint that keeps failing, then probes it (SPEC 5).
///
/// It is asked before every attempt and told the outcome of each. Time is an argument, so that it
/// can be tested, and shared, without a clock of its own. It never waits and never throws.
///
/// Thread-safe. Must outlive the permits it gives.
class CLOUD_BACKEND_EXPORT CircuitBreaker {
public:
    class Permit;

    /// The circuit is open.
    struct Refusal {
        Duration retry_in{};  ///< When to ask again; `Duration::max()` while isolated.
    };

    /// What `acquire` answers.
    using Admission = std::variant<Permit, Refusal>;

    /// How permits ended. They add up: `granted` = all the others but `refused`, plus `in_flight`.
    struct Counters {
        std::uint64_t granted = 0;
        std::uint64_t refused = 0;
        std::uint64_t successes = 0;
        std::uint64_t failures = 0;
        std::uint64_t throttled = 0;
        std::uint64_t rejected = 0;
        std::uint64_t neutral = 0;  ///< Recorded as neutral, or dropped without a result.
        std::uint64_t late = 0;     ///< Of an older generation, or a probe that lost its lease.
        std::uint64_t in_flight = 0;
    };

    /// One consistent view.
    struct Snapshot {
        CircuitState state{};
        std::uint64_t generation = 0;
        int consecutive_failures = 0;
        std::optional<Duration> next_probe_in{};  ///< Set while attempts are refused for a time.
        Counters counters{};
    };

    /// How long a probe may be silent by default before its slot goes to another (SPEC B3).
    static constexpr std::chrono::seconds default_probe_lease{80};

    /// Closed at first. `random` spreads the open time; it must be thread-safe.
    explicit CircuitBreaker(CircuitBreakerOptions options = {}, RandomSource random = {});
    ~CircuitBreaker();
    CircuitBreaker(const CircuitBreaker&) = delete;
    CircuitBreaker& operator=(const CircuitBreaker&) = delete;

    /// Asks to make one attempt. A probe that neither reports nor renews within `probe_lease`
    /// loses its slot, so that a forgotten one cannot wedge the breaker (SPEC B2, B3).
    [[nodiscard]] Admission acquire(TimePoint now = Clock::now(),
                                    Duration probe_lease = default_probe_lease);

    /// Time until an attempt would be let through: zero when it would be now,
    /// `Duration::max()` while isolated. Takes no permit.
    [[nodiscard]] Duration retry_in(TimePoint now = Clock::now()) const;

    /// The state at `now`: an open circuit whose time is over counts as half-open.
    [[nodiscard]] CircuitState state(TimePoint now = Clock::now()) const;
    /// State and counters at `now`, all of one moment.
    [[nodiscard]] Snapshot snapshot(TimePoint now = Clock::now()) const;

    /// Refuses everything until `close()` or `reset()`: an operator's switch.
    void isolate();
    /// Closes the circuit and forgets its failures; counters stay.
    void close();
    /// As `close()`, and the counters start again (permits in flight stay counted as granted).
    void reset();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The right to make one attempt. Dropped without a result it counts as neutral and gives its
/// place back (SPEC B3). Move-only; used by one thread at a time; must not outlive its breaker.
class CLOUD_BACKEND_EXPORT CircuitBreaker::Permit {
public:
    ~Permit();
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&& other) noexcept;

    /// Reports the attempt's outcome and ends the permit; a second report does nothing.
    /// `retry_after` is what the server asked for, if it did (SPEC B1).
    void record(Outcome outcome, TimePoint now = Clock::now(),
                std::optional<Duration> retry_after = std::nullopt);

    /// A valid event of a stream arrived: a probe closes the circuit with it and is over, any other
    /// permit goes on to the end of its stream (SPEC B4).
    void first_event(TimePoint now = Clock::now());

    /// Bytes arrived: a probe's lease starts again (SPEC B3).
    void renew(TimePoint now = Clock::now());

private:
    friend struct CircuitBreaker::Impl;
    struct Ticket {
        std::uint64_t generation = 0;
        std::uint64_t probe = 0;  ///< 0: not a probe.
        Duration lease{};
    };
    Permit(CircuitBreaker::Impl& breaker, Ticket ticket) noexcept;

    CircuitBreaker::Impl* breaker_;  ///< Null once the permit is over.
    Ticket ticket_;
};

}  // namespace cloud_backend
