#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <random>

namespace cloud_backend::test {

/// Of a property test: `--gtest_random_seed` repeats a run.
inline std::uint64_t chosen_seed() {
    const auto seed = GTEST_FLAG_GET(random_seed);
    return seed != 0 ? static_cast<std::uint64_t>(seed) : std::random_device{}() % 99'999 + 1;
}

}  // namespace cloud_backend::test
