#include "storm.hpp"

#include "scenario.hpp"
#include "table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace cloud_backend::simulation {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t seeds = 5;

std::vector<Result> results_of(const Scenario& scenario) {
    std::vector<Result> results;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        results.push_back(measure(scenario, run_storm(scenario, seed)));
    }
    return results;
}

// SPEC 6
TEST(Storm, StaysWithinTheBoundsOfTheTable) {
    std::printf("seeds 1 to %d; the least and the most over them\n%s", static_cast<int>(seeds),
                table_heading().c_str());
    for (const Scenario& scenario : scenarios()) {
        const auto results = results_of(scenario);
        const std::string row = table_row(scenario, results);
        std::printf("%s", row.c_str());
        std::fflush(stdout);
        EXPECT_TRUE(std::ranges::all_of(results, [&](const Result& result) {
            return within(scenario.bounds, result);
        })) << row;
    }
}

/// A server that is well all the time.
Scenario fair_weather() {
    return {.name = "fair weather", .trouble_time = seconds(20), .time_after = seconds(20)};
}

TEST(Storm, OfAServerThatIsWellIsOneRequestForEachCallAndNoFailure) {
    for (const Policy& policy : {Policy{}, naive_policy()}) {
        Scenario scenario = fair_weather();
        scenario.policy = policy;
        int calls = 0;
        for (const Second& second : run_storm(scenario, 1)) {
            EXPECT_EQ(second.requests, second.calls);
            EXPECT_EQ(second.succeeded, second.calls);
            calls += second.calls;
        }
        EXPECT_NEAR(calls, 70 * 70, 5 * 70);  // Five times the deviation of a Poisson process.
    }
}

TEST(Storm, IsTheSameForTheSameSeed) {
    Scenario scenario = fair_weather();
    scenario.trouble = {.fault_rate = 0.5};
    const Timeline timeline = run_storm(scenario, 7);
    EXPECT_EQ(timeline, run_storm(scenario, 7));
    EXPECT_NE(timeline, run_storm(scenario, 8));
}

TEST(Storm, OfClientsThatWaitHoldsOneCallOfEach) {
    Scenario scenario = fair_weather();
    scenario.clients = 10;
    scenario.trouble = {.speed = 0};
    scenario.concurrency = Concurrency::one_call;
    const Timeline timeline = run_storm(scenario, 1);
    int calls = 0;
    for (auto second = warm_up; second < warm_up + scenario.trouble_time; ++second) {
        calls += timeline.at(static_cast<std::size_t>(second.count())).calls;
    }
    EXPECT_EQ(calls, 10);  // Each client's waits until the server goes on.
}

}  // namespace
}  // namespace cloud_backend::simulation
