#pragma once

#include <cloud_backend/clock.hpp>

namespace cloud_backend::detail {

/// U[0, 1) from a generator of each thread's own, seeded by the operating system.
[[nodiscard]] RandomSource default_random();

}  // namespace cloud_backend::detail
