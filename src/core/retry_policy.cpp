#include "core/retry_policy.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace cloud_backend::detail {

namespace {

using FloatSeconds = std::chrono::duration<double>;

bool is_throttling(int status, bool quota) {
    return status == 429 && !quota;
}

Outcome outcome_of_status(int status, bool quota) {
    if (is_throttling(status, quota)) return Outcome::throttled;
    if (status == 408 || status >= 500) return Outcome::failure;
    return Outcome::rejected;
}

/// R6: as long as the server asked, plus up to 10 %, never earlier; "at once" is spread a little.
Duration wait_for_server(Duration retry_after, double u) {
    if (retry_after <= Duration::zero()) {
        return std::chrono::duration_cast<Duration>(u * FloatSeconds(0.05));
    }
    return retry_after + std::chrono::duration_cast<Duration>(0.1 * u * FloatSeconds(retry_after));
}

}  // namespace

Assessment assess_transfer(TransferFault fault, const AttemptProgress& progress,
                           const RetryOptions& options) {
    switch (fault) {
        case TransferFault::not_sent:
            return {.outcome = Outcome::failure, .transient = true, .retry = true};
        case TransferFault::interrupted:
            if (progress.sent && !progress.response_begun) {
                return {.outcome = Outcome::failure,
                        .transient = true,
                        .retry = options.retry_ambiguous,
                        .cost = RetryBudget::Cost::ambiguous_retry};
            }
            return {.outcome = Outcome::failure, .transient = true, .retry = true};
        case TransferFault::distrusted:
            return {.outcome = Outcome::failure};
        case TransferFault::too_large:
        case TransferFault::local:
            return {.outcome = Outcome::neutral};
    }
    return {};
}

Assessment assess_timeout(TimeLimit limit, const RetryOptions& options) {
    switch (limit) {
        case TimeLimit::connect:
            return {.outcome = Outcome::failure, .transient = true, .retry = true};
        case TimeLimit::first_byte:
        case TimeLimit::idle:
        case TimeLimit::content_idle:
            return {.outcome = Outcome::failure,
                    .transient = true,
                    .retry = options.retry_on_timeout,
                    .cost = RetryBudget::Cost::ambiguous_retry};
        case TimeLimit::deadline:
            return {.outcome = Outcome::failure, .transient = true};
    }
    return {};
}

Assessment assess_status(int status, bool quota, std::optional<bool> should_retry,
                         const RetryOptions& options) {
    constexpr int unnamed_error_counts_as = 500;
    const int effective = status == 0 ? unnamed_error_counts_as : status;
    const bool retry = !quota &&
                       effective != 402 &&  // R3: money does not come back by asking again.
                       should_retry.value_or(std::ranges::find(options.statuses, effective) !=
                                             options.statuses.end());  // R2 over R1
    return {.outcome = outcome_of_status(effective, quota), .transient = retry, .retry = retry};
}

Assessment assess_answer(ErrorCode code, bool retryable) {
    const auto outcome =
        code == ErrorCode::limit_exceeded ? Outcome::neutral : Outcome::failure;  // T8
    return {.outcome = outcome, .transient = retryable, .retry = retryable};
}

RetryDecision decide_retry(const FailedAttempt& failed, const RetryOptions& options,
                           const RandomSource& random) {
    if (failed.delivered) return GiveUp{AttemptEnd::already_delivered};
    if (!failed.assessment.retry) return GiveUp{AttemptEnd::not_retryable};
    if (failed.retries_made >= options.max_retries) return GiveUp{AttemptEnd::retries_exhausted};

    if (failed.retry_after) {  // R4
        const bool too_long = *failed.retry_after > options.max_retry_after ||
                              (failed.time_left && *failed.retry_after >= *failed.time_left);
        if (too_long) return GiveUp{AttemptEnd::retry_after_too_long};
    }
    const double u = random();
    const Duration wait = failed.retry_after ? wait_for_server(*failed.retry_after, u)
                                             : backoff(failed.retries_made + 1, u, options);
    if (failed.time_left && wait >= *failed.time_left) return GiveUp{AttemptEnd::deadline};  // R9
    return WaitBeforeRetry{wait};
}

Duration backoff(int n, double u, const RetryOptions& options) noexcept {
    const FloatSeconds grown(std::ldexp(options.backoff_factor, n));  // Infinite at worst.
    const FloatSeconds bound = std::min(grown, FloatSeconds(options.max_backoff));
    return std::chrono::duration_cast<Duration>(u * bound);
}

}  // namespace cloud_backend::detail
