#include "option_checks.hpp"

#include <cloud_backend/error.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>

namespace cloud_backend::detail {

namespace {

using std::chrono::milliseconds;

// Far beyond any use, and far from the end of the clock.
constexpr milliseconds longest = std::chrono::hours(24 * 365);

void require(bool condition, const char* complaint) {
    if (!condition) throw ConfigError(complaint);
}

bool is_sane(milliseconds duration) {
    return duration >= milliseconds::zero() && duration <= longest;
}

bool is_share(double value) {
    return value >= 0 && value <= 1;
}

bool is_amount(double value) {
    return std::isfinite(value) && value >= 0;
}

}  // namespace

void check_timeouts(const TimeoutOptions& options) {
    for (const milliseconds limit :
         {options.connect, options.first_byte, options.idle, options.content_idle}) {
        require(limit >= milliseconds::zero(), "a limit of TimeoutOptions is negative");
    }
}

void check_retry(const RetryOptions& options) {
    require(options.max_retries >= 0, "RetryOptions::max_retries is negative");
    require(is_amount(options.backoff_factor),
            "RetryOptions::backoff_factor is negative or no number");
    require(is_sane(options.max_backoff), "RetryOptions::max_backoff is negative or over a year");
    require(is_sane(options.max_retry_after),
            "RetryOptions::max_retry_after is negative or over a year");
    require(is_amount(options.budget.capacity) && is_amount(options.budget.retry_cost) &&
                is_amount(options.budget.ambiguous_cost) && is_amount(options.budget.refund),
            "RetryOptions::budget holds a negative number or none");
}

void check_breaker(const CircuitBreakerOptions& options) {
    require(options.fail_max >= 1, "CircuitBreakerOptions::fail_max is less than 1");
    require(options.half_open_probes >= 1,
            "CircuitBreakerOptions::half_open_probes is less than 1");
    require(is_sane(options.reset_timeout) && is_sane(options.max_retry_after),
            "a time of CircuitBreakerOptions is negative or over a year");
    if (const auto& rate = options.failure_rate) {
        require(is_share(rate->threshold), "FailureRateOptions::threshold is not between 0 and 1");
        require(rate->window > milliseconds::zero() && is_sane(rate->window),
                "FailureRateOptions::window is not positive or over a year");
    }
}

void check_max_retry_wait(std::chrono::milliseconds wait) {
    require(wait >= std::chrono::milliseconds::zero(), "CallOptions::max_retry_wait is negative");
}

void check_limits(const LimitOptions& options) {
    // Whoever walks through the JSON may do so by recursion.
    constexpr std::size_t deepest = 4096;
    require(options.json_depth >= 1 && options.json_depth <= deepest,
            "LimitOptions::json_depth is 0 or over 4096");
}

}  // namespace cloud_backend::detail
