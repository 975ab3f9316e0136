#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

inline std::string repeated(std::string_view text, std::size_t size) {
    std::string result;
    while (result.size() < size) result += text;
    return result;
}

/// Eight times the input costs nine times as much at most (SPEC S3): the median of several
/// measurements of processor time, each of either size in turn, so that what disturbs some does not
/// count.
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
    std::vector<double> ratios(15);
    for (double& ratio : ratios) {
        const double small_cost = std::max(cost_of(small_input), 1.0);
        ratio = cost_of(large_input) / small_cost;
    }
    std::ranges::sort(ratios);
    EXPECT_LE(ratios[ratios.size() / 2], 9.0);
}

}  // namespace cloud_backend::test
