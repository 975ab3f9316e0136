#pragma once

#include <cloud_backend/attempt.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/outcome.hpp>
#include <cloud_backend/retry_budget.hpp>
#include <cloud_backend/transport.hpp>

#include <optional>
#include <variant>

namespace cloud_backend::detail {

/// How far an attempt came; a transport's error code alone does not tell (SPEC T3).
struct AttemptProgress {
    bool sent = false;            ///< The request may have reached the server.
    bool response_begun = false;  ///< A byte of the answer arrived.
};

/// What a failed attempt means (SPEC 3).
struct Assessment {
    Outcome outcome = Outcome::neutral;
    bool transient = false;  ///< The same request may succeed later.
    bool retry = false;      ///< This call may make it again.
    RetryBudget::Cost cost = RetryBudget::Cost::retry;
};

[[nodiscard]] Assessment assess_transfer(TransferFault fault, const AttemptProgress& progress,
                                         const RetryOptions& options);
[[nodiscard]] Assessment assess_timeout(TimeLimit limit, const RetryOptions& options);

/// An error status, or the one an error inside a 200 answer names (0: none).
/// `should_retry` is the server's own word, the x-should-retry header (SPEC R2).
[[nodiscard]] Assessment assess_status(int status, bool quota, std::optional<bool> should_retry,
                                       const RetryOptions& options);

/// A 2xx answer that is cut or not what was promised. `retryable` as its reader says.
[[nodiscard]] Assessment assess_answer(ErrorCode code, bool retryable);

/// A failed attempt that asks for another.
struct FailedAttempt {
    Assessment assessment{};
    bool delivered = false;                 ///< Something of the call was given to the user (R7).
    std::optional<Duration> retry_after{};  ///< What the server asked for.
    std::optional<Duration> time_left{};    ///< Until the call's deadline, if it has one.
    int retries_made = 0;
};

struct GiveUp {
    AttemptEnd reason{};
};

struct WaitBeforeRetry {
    Duration wait{};
};

using RetryDecision = std::variant<GiveUp, WaitBeforeRetry>;

/// Whether and when an attempt is made again (SPEC 4), as far as options and the server's wish
/// decide it; circuit breaker and budget are asked apart. Pure but for `random`, U[0,1).
[[nodiscard]] RetryDecision decide_retry(const FailedAttempt& failed, const RetryOptions& options,
                                         const RandomSource& random);

/// The wait before retry `n` = 1, 2, …, the random part `u` in [0,1) given (SPEC R5).
[[nodiscard]] Duration backoff(int n, double u, const RetryOptions& options) noexcept;

}  // namespace cloud_backend::detail
