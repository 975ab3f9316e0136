#pragma once

#include "call_clock.hpp"
#include "failures.hpp"

#include <cloud_backend/error.hpp>

#include <optional>
#include <stop_token>

namespace cloud_backend::detail {

/// The error of a call that was cancelled, or whose deadline has passed.
[[nodiscard]] inline std::optional<ErrorDetails> interruption(const std::stop_token& stop,
                                                              const CallClock& clock) {
    if (stop.stop_requested()) return cancellation();
    const auto left = clock.time_left(clock.now());
    if (!left || *left > Duration::zero()) return std::nullopt;
    return timeout_failure(TimeLimit::deadline, {}, {});
}

}  // namespace cloud_backend::detail
