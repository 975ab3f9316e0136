#pragma once

#include <cloud_backend/clock.hpp>
#include <cloud_backend/headers.hpp>

#include <chrono>
#include <optional>

namespace cloud_backend::detail {

/// How long the server asks to wait (SPEC R6): `retry-after-ms`, then `retry-after` as seconds or
/// as one of the three HTTP dates. Empty when it does not ask, or not in a way that can be
/// understood. A date is measured against the answer's own `Date` header if it has one, so that a
/// wrong clock on either side does not matter, else against `wall_now`.
/// Delays too large for a Duration come back as `Duration::max()`.
[[nodiscard]] std::optional<Duration> parse_retry_after(
    const Headers& headers, std::chrono::system_clock::time_point wall_now);

}  // namespace cloud_backend::detail
