#include "core/bounded_duration.hpp"

#include <cloud_backend/endpoint_health.hpp>

#include <algorithm>
#include <utility>

namespace cloud_backend {

EndpointHealth::EndpointHealth(CircuitBreakerOptions breaker, RetryBudgetOptions budget,
                               RandomSource random)
    : max_retry_after_(detail::bounded(breaker.max_retry_after)),
      breaker_(std::move(breaker), std::move(random)),
      budget_(budget) {}

void EndpointHealth::throttle(TimePoint now, Duration retry_after) {
    const TimePoint end = now + std::min(retry_after, max_retry_after_);
    const std::scoped_lock lock(mutex_);
    throttled_until_ = std::max(throttled_until_, end);
}

std::optional<Duration> EndpointHealth::throttled_for(TimePoint now) const {
    const std::scoped_lock lock(mutex_);
    if (throttled_until_ <= now) return std::nullopt;
    return throttled_until_ - now;
}

}  // namespace cloud_backend
