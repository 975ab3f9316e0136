#include "scenario.hpp"
#include "storm.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace cloud_backend::simulation {
namespace {

using std::chrono::seconds;

constexpr Second well{.calls = 100, .succeeded = 100, .requests = 100};
constexpr Second ill{.calls = 100, .succeeded = 25, .requests = 150};

const Scenario scenario{.trouble_time = seconds(10)};

/// Ten seconds of trouble, between times when all is well.
Timeline timeline(const std::vector<Second>& after) {
    Timeline seconds_of(static_cast<std::size_t>(warm_up.count()), well);
    seconds_of.insert(seconds_of.end(), 10, ill);
    seconds_of.insert(seconds_of.end(), after.begin(), after.end());
    return seconds_of;
}

TEST(Measure, CountsRequestsAndSuccessesAgainstTheCallsMadeInTrouble) {
    const Result result = measure(scenario, timeline(std::vector<Second>(20, well)));
    EXPECT_DOUBLE_EQ(result.amplification, 1.5);
    EXPECT_DOUBLE_EQ(result.success, 0.25);
    EXPECT_EQ(result.recovery, seconds(0));
}

TEST(Measure, RecoveryIsFromWhenNoTenSecondsLoseMoreThanOnePercent) {
    std::vector<Second> after(40, well);
    after[3] = ill;
    EXPECT_EQ(measure(scenario, timeline(after)).recovery, seconds(4));
    after[12].succeeded = 90;  // Ten of the thousand calls of ten seconds.
    EXPECT_EQ(measure(scenario, timeline(after)).recovery, seconds(4));
    after[12].succeeded = 89;
    EXPECT_EQ(measure(scenario, timeline(after)).recovery, seconds(13));
}

TEST(Measure, ThereIsNoRecoveryIfTheLastTenSecondsAreBad) {
    std::vector<Second> after(40, well);
    after.back() = ill;
    EXPECT_EQ(measure(scenario, timeline(after)).recovery, std::nullopt);
}

TEST(Bounds, HoldEachNumberOfAResult) {
    const Bounds bounds{.max_amplification = 1.5, .min_success = 0.25, .recovery = seconds(4)};
    EXPECT_TRUE(within(bounds, {.amplification = 1.5, .success = 0.25, .recovery = seconds(4)}));
    EXPECT_FALSE(within(bounds, {.amplification = 1.6, .success = 0.25, .recovery = seconds(4)}));
    EXPECT_FALSE(within(bounds, {.amplification = 1.5, .success = 0.24, .recovery = seconds(4)}));
    EXPECT_FALSE(within(bounds, {.amplification = 1.5, .success = 0.25, .recovery = seconds(5)}));
    EXPECT_FALSE(within(bounds, {.amplification = 1.5, .success = 0.25, .recovery = {}}));
}

TEST(Bounds, CanAskThatThereBeNoRecovery) {
    const Bounds bounds{.recovery = Never{}};
    EXPECT_TRUE(within(bounds, {.recovery = {}}));
    EXPECT_FALSE(within(bounds, {.recovery = seconds(100)}));
    EXPECT_TRUE(within(Bounds{}, {.recovery = {}}));
}

}  // namespace
}  // namespace cloud_backend::simulation
