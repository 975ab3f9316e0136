#include "option_checks.hpp"

#include "core/ascii.hpp"

#include <cloud_backend/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <string_view>

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

bool is_field_name(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        const char lower = to_lower(c);
        return c == '_' || is_digit(c) || (lower >= 'a' && lower <= 'z');
    });
}

bool is_field_of_message(std::string_view name) {
    constexpr std::array<std::string_view, 7> fields{
        "role", "content", "name", "refusal", "audio", "tool_calls", "tool_call_id"};
    return std::ranges::find(fields, name) != fields.end();
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

void check_async(const AsyncOptions& options) {
    require(options.max_connections_per_host <= 1'000'000, "max_connections_per_host is too large");
    require(is_sane(options.slow_handler), "slow_handler is negative, or longer than a year");
}

void check_limits(const LimitOptions& options) {
    // Whoever walks through the JSON may do so by recursion.
    constexpr std::size_t deepest = 4096;
    require(options.json_depth >= 1 && options.json_depth <= deepest,
            "LimitOptions::json_depth is 0 or over 4096");
}

void check_dialect(const RequestDialect& dialect) {
    require(is_field_name(dialect.seed) && is_field_name(dialect.reasoning),
            "a name of RequestDialect is not made of letters, digits and underscores");
    require(!is_field_of_message(dialect.reasoning),
            "RequestDialect::reasoning names another field of a message");
}

}  // namespace cloud_backend::detail
