#pragma once

#include "core/retry_policy.hpp"

#include <cloud_backend/clock.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/transport.hpp>

#include <exception>

// The errors that a call finds out by itself, as values.
namespace cloud_backend::detail {

[[nodiscard]] ErrorDetails connection_failure(const TransferFailure& failure,
                                              const AttemptProgress& progress);
[[nodiscard]] ErrorDetails timeout_failure(TimeLimit limit, const TimeoutOptions& timeouts,
                                           const AttemptProgress& progress);
[[nodiscard]] ErrorDetails cancellation();
[[nodiscard]] ErrorDetails circuit_refusal(Duration retry_in);
/// The server asked, on an earlier call, to be left alone for a while yet (SPEC B5).
[[nodiscard]] ErrorDetails still_throttled(Duration retry_in);
/// What a backend threw: the details of an `Error`, else `ErrorCode::backend`.
[[nodiscard]] ErrorDetails failure_of_backend(const std::exception_ptr& thrown);

}  // namespace cloud_backend::detail
