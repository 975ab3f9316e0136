#pragma once

#include <cloud_backend/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <variant>

namespace cloud_backend::test {

using Permit = CircuitBreaker::Permit;

inline RandomSource always(double u) {
    return [u] { return u; };
}

/// A breaker with a time of its own; its methods act at that time.
class BreakerTest : public ::testing::Test {
protected:
    CircuitBreakerOptions options{};
    TimePoint now{std::chrono::hours(1)};

    CircuitBreaker make() { return CircuitBreaker(options, always(0)); }
    Permit permit(CircuitBreaker& breaker) const { return std::get<Permit>(breaker.acquire(now)); }
    Duration refusal(CircuitBreaker& breaker) const {
        return std::get<CircuitBreaker::Refusal>(breaker.acquire(now)).retry_in;
    }
    void attempt(CircuitBreaker& breaker, Outcome outcome,
                 std::optional<Duration> retry_after = std::nullopt) const {
        permit(breaker).record(outcome, now, retry_after);
    }
    void trip(CircuitBreaker& breaker) const {
        for (int i = 0; i < options.fail_max; ++i) attempt(breaker, Outcome::failure);
    }
    CircuitState state(const CircuitBreaker& breaker) const { return breaker.state(now); }
};

}  // namespace cloud_backend::test
