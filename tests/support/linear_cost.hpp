#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>

namespace cloud_backend::test {

inline std::string repeated(std::string_view text, std::size_t size) {
    std::string result;
    while (result.size() < size) result += text;
    return result;
}

/// Eight times the input costs nine times as much at most (SPEC S3): the least processor time of
/// several measurements, of either size in turn, since what disturbs them only adds to it.
template <class Process>
void expect_linear_cost(std::string_view unit, Process&& process) {
    constexpr std::size_t small = std::size_t{64} << 10;
    const auto cost_of = [&](const std::string& input) {
        const std::clock_t start = std::clock();
        process(std::string_view(input));
        return static_cast<double>(std::clock() - start);
    };
    const std::string small_input = repeated(unit, small);
    const std::string large_input = repeated(unit, 8 * small);
    double small_cost = cost_of(small_input);
    double large_cost = cost_of(large_input);
    for (int i = 0; i < 14; ++i) {
        small_cost = std::min(small_cost, cost_of(small_input));
        large_cost = std::min(large_cost, cost_of(large_input));
    }
#if defined(__SANITIZE_THREAD__)  // Its own memory grows with the input, out of the caches.
    constexpr double most = 20;
#else
    constexpr double most = 9;
#endif
    EXPECT_LE(large_cost, most * std::max(small_cost, 1.0));
}

}  // namespace cloud_backend::test
