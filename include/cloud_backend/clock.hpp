#pragma once

#include <chrono>
#include <functional>

namespace cloud_backend {

/// Time inside the library is steady: a changed wall clock moves no timer (SPEC B7).
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;  ///< Of `Clock`.
using Duration = Clock::duration;     ///< As fine as `Clock` is; from any unit of std::chrono.

/// Draws from U[0, 1). The source of all jitter; must be thread-safe. Empty: the library's own.
using RandomSource = std::function<double()>;

}  // namespace cloud_backend
