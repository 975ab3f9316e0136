#pragma once

#include <cloud_backend/options.hpp>
#include <cloud_backend/request_dialect.hpp>

#include <chrono>

namespace cloud_backend::detail {

/// Throws `ConfigError` for numbers that cannot be meant.
void check_timeouts(const TimeoutOptions& options);
void check_retry(const RetryOptions& options);
void check_breaker(const CircuitBreakerOptions& options);
void check_max_retry_wait(std::chrono::milliseconds wait);
void check_limits(const LimitOptions& options);
void check_async(const AsyncOptions& options);
/// The names become keys of JSON objects as they are.
void check_dialect(const RequestDialect& dialect);

}  // namespace cloud_backend::detail
