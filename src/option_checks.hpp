#pragma once

#include <cloud_backend/options.hpp>

#include <chrono>

namespace cloud_backend::detail {

/// Throws `ConfigError` for numbers that cannot be meant.
void check_timeouts(const TimeoutOptions& options);
void check_retry(const RetryOptions& options);
void check_breaker(const CircuitBreakerOptions& options);
void check_max_retry_wait(std::chrono::milliseconds wait);
void check_limits(const LimitOptions& options);

}  // namespace cloud_backend::detail
