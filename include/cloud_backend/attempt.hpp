#pragma once

#include <cloud_backend/clock.hpp>
#include <cloud_backend/export.hpp>

#include <optional>
#include <string_view>

namespace cloud_backend {

/// One for each error type; what `Error::code()` returns (SPEC 8).
enum class ErrorCode {
    config,
    connection,
    timeout,
    bad_request,
    authentication,
    permission_denied,
    not_found,
    conflict,
    unprocessable_entity,
    rate_limit,
    quota_exceeded,
    internal_server,
    api,
    stream,
    stream_truncated,
    response,
    limit_exceeded,
    cancelled,
    circuit_open,
    backend,
    all_backends_failed,
    content,
};

/// Its name, such as "rate_limit": OpenTelemetry's `error.type`. Lives for ever.
[[nodiscard]] CLOUD_BACKEND_EXPORT std::string_view to_string(ErrorCode code) noexcept;

/// What an attempt led to: the next attempt, or the end of its call and why.
enum class AttemptEnd {
    succeeded,
    retried,
    not_retryable,         ///< The same request would fail again, or must not be sent again.
    retries_exhausted,     ///< `RetryOptions::max_retries` was used up.
    budget_exhausted,      ///< The endpoint's retry budget is empty (SPEC R8).
    retry_after_too_long,  ///< The server asked for a longer wait than the call may take (SPEC R4).
    wait_too_long,         ///< For `CallOptions::max_retry_wait` (SPEC F4).
    deadline,              ///< No time was left for the wait (SPEC R9).
    circuit_open,          ///< The circuit breaker refused another attempt (SPEC R12).
    already_delivered,     ///< Part of the stream had been delivered (SPEC R7).
    ended_by_caller,       ///< Cancelled, or the callback stopped or threw.
};

/// One HTTP request of a call (SPEC R10).
struct AttemptInfo {
    int number = 1;                    ///< Of the call's attempts.
    int status = 0;                    ///< HTTP status; 0 when no status line arrived.
    int curl_code = 0;                 ///< CURLcode of a transport failure; 0 when there was none.
    std::optional<ErrorCode> error{};  ///< What went wrong; empty after a success.
    Duration duration{};               ///< From the start of the attempt to its end.
    Duration wait{};                   ///< Waited after it, before the next attempt.
    bool connection_reused = false;    ///< It went over a connection that was already open.
    AttemptEnd end = AttemptEnd::succeeded;
};

}  // namespace cloud_backend
