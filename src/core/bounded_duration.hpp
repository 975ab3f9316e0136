#pragma once

#include <cloud_backend/clock.hpp>

#include <algorithm>
#include <chrono>

namespace cloud_backend::detail {

/// `duration`, neither negative nor over a year: far beyond any use, and far from the end of the
/// clock, so that a point in time can be made with it whatever the caller gave.
template <class D>
[[nodiscard]] constexpr Duration bounded(D duration) noexcept {
    constexpr std::chrono::hours year{24 * 365};
    return std::clamp(duration, D::zero(), D(year));
}

}  // namespace cloud_backend::detail
