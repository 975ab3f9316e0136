#pragma once

#include <cloud_backend/clock.hpp>

#include <chrono>

namespace cloud_backend::detail {

/// Rounded up, lest the caller comes too early for its timer and spins.
[[nodiscard]] inline int milliseconds_until(TimePoint until) {
    using std::chrono::milliseconds;
    constexpr milliseconds longest = std::chrono::hours(1);
    if (until == TimePoint::min()) return 0;
    const TimePoint now = Clock::now();
    if (until <= now) return 0;
    if (until - now > longest) return static_cast<int>(longest.count());
    return static_cast<int>(std::chrono::ceil<milliseconds>(until - now).count());
}

}  // namespace cloud_backend::detail
