#pragma once

#include <cloud_backend/circuit_breaker.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace cloud_backend::test {

/// The rules of SPEC 5 as plainly as can be, for a few callers that hold a permit each. It knows no
/// generations: a change of state makes every permit that is out a late one. Cheap to copy.
class BreakerModel {
public:
    static constexpr std::size_t caller_count = 5;
    static constexpr Duration open_time = std::chrono::seconds(30);
    static constexpr Duration longest_open_time = std::chrono::seconds(120);

    struct Permit {
        bool probe = false;
        bool late = false;
        TimePoint lease_end{};

        friend bool operator==(const Permit&, const Permit&) = default;
    };

    BreakerModel(int fail_max, int most_probes, Duration lease)
        : fail_max_(fail_max), most_probes_(most_probes), lease_(lease) {}

    /// Empty: refused.
    const std::optional<Permit>& acquire(std::size_t caller, TimePoint now) {
        auto& permit = permits[caller];
        if (retry_in(now) > Duration::zero()) {
            ++counters.refused;
            return permit;
        }
        if (state == CircuitState::open) change(CircuitState::half_open);
        if (state == CircuitState::half_open) {
            for (auto& other : permits) {
                if (is_probe(other) && other->lease_end <= now) other->late = true;
            }
        }
        permit = Permit{.probe = state == CircuitState::half_open, .lease_end = now + lease_};
        ++counters.granted;
        ++counters.in_flight;
        return permit;
    }

    void finish(std::size_t caller, Outcome outcome, TimePoint now, Duration retry_after) {
        const Permit permit = *permits[caller];
        permits[caller].reset();
        --counters.in_flight;
        if (permit.late) {
            ++counters.late;
            return;
        }
        count(outcome);
        const bool answered = outcome == Outcome::success || outcome == Outcome::rejected;
        if (outcome == Outcome::success || (permit.probe && answered)) failures = 0;
        if (outcome == Outcome::failure) ++failures;
        if (permit.probe && answered) change(CircuitState::closed);
        const bool opens = permit.probe
                               ? outcome == Outcome::failure || outcome == Outcome::throttled
                               : outcome == Outcome::failure && failures >= fail_max_;
        if (!opens) return;
        open_until = now + std::clamp(retry_after, open_time, longest_open_time);
        change(CircuitState::open);
    }

    void renew(std::size_t caller, TimePoint now) {
        if (is_probe(permits[caller])) permits[caller]->lease_end = now + lease_;
    }

    void force(CircuitState to) {
        failures = 0;
        if (state != to) change(to);
    }

    void reset() {
        force(CircuitState::closed);
        counters = {.granted = counters.in_flight, .in_flight = counters.in_flight};
    }

    [[nodiscard]] CircuitState state_at(TimePoint now) const {
        const bool over = state == CircuitState::open && now >= open_until;
        return over ? CircuitState::half_open : state;
    }

    [[nodiscard]] Duration retry_in(TimePoint now) const {
        if (state == CircuitState::closed) return Duration::zero();
        if (state == CircuitState::isolated) return Duration::max();
        if (state == CircuitState::open) return std::max(open_until - now, Duration::zero());
        if (live_probes(now) < most_probes_) return Duration::zero();
        Duration shortest = Duration::max();
        for (const auto& permit : permits) {
            if (is_probe(permit)) shortest = std::min(shortest, permit->lease_end - now);
        }
        return shortest;
    }

    [[nodiscard]] int live_probes(TimePoint now) const {
        return static_cast<int>(std::ranges::count_if(permits, [now](const auto& permit) {
            return is_probe(permit) && permit->lease_end > now;
        }));
    }

    CircuitState state = CircuitState::closed;
    std::uint64_t changes = 0;
    int failures = 0;  ///< Consecutive ones.
    TimePoint open_until{};
    CircuitBreaker::Counters counters{};
    std::array<std::optional<Permit>, caller_count> permits{};

private:
    static bool is_probe(const std::optional<Permit>& permit) {
        return permit && permit->probe && !permit->late;
    }

    void change(CircuitState to) {
        state = to;
        ++changes;
        for (auto& permit : permits) {
            if (permit) permit->late = true;
        }
    }

    void count(Outcome outcome) {
        if (outcome == Outcome::success) ++counters.successes;
        if (outcome == Outcome::failure) ++counters.failures;
        if (outcome == Outcome::throttled) ++counters.throttled;
        if (outcome == Outcome::rejected) ++counters.rejected;
        if (outcome == Outcome::neutral) ++counters.neutral;
    }

    int fail_max_;
    int most_probes_;
    Duration lease_;
};

}  // namespace cloud_backend::test
