#pragma once

#include <cloud_backend/circuit_breaker.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/retry_budget.hpp>

#include <mutex>
#include <optional>

namespace cloud_backend {

/// All that is known of one endpoint's health: circuit breaker, retry budget, and until when its
/// server asked to be left alone (SPEC B5).
///
/// Each client has its own unless `ClientOptions::health` gives several clients a common one, which
/// spares a sick server most of their load. Thread-safe.
class CLOUD_BACKEND_EXPORT EndpointHealth {
public:
    /// `random` must be thread-safe; empty: the library's own.
    explicit EndpointHealth(CircuitBreakerOptions breaker = {}, RetryBudgetOptions budget = {},
                            RandomSource random = {});

    /// Its circuit breaker. Lives as long as this.
    [[nodiscard]] CircuitBreaker& breaker() noexcept { return breaker_; }
    /// Its retry budget. Lives as long as this.
    [[nodiscard]] RetryBudget& budget() noexcept { return budget_; }

    /// The server asked for a pause longer than a call may wait: calls fail fast until it is over.
    /// At most `CircuitBreakerOptions::max_retry_after` counts. Of several pauses the one that ends
    /// last holds.
    void throttle(TimePoint now, Duration retry_after);
    /// What is left of that pause; empty when there is none.
    [[nodiscard]] std::optional<Duration> throttled_for(TimePoint now = Clock::now()) const;

private:
    const Duration max_retry_after_;
    CircuitBreaker breaker_;
    RetryBudget budget_;
    mutable std::mutex mutex_;
    TimePoint throttled_until_{TimePoint::min()};
};

}  // namespace cloud_backend
