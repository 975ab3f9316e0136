#pragma once

#include "core/retry_policy.hpp"

#include <cloud_backend/clock.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/transport.hpp>

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

}  // namespace cloud_backend::detail
