#include "failover.hpp"

#include "failover_measure.hpp"
#include "failover_scenario.hpp"
#include "failover_table.hpp"

#include <cloud_backend/callable_backend.hpp>
#include <cloud_backend/endpoint_health.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/openai.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::simulation {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t seeds = 2;

FailoverResult worst_result(const FailoverScenario& scenario, Delivery delivery) {
    FailoverResult worst = measure(scenario, run_failover(scenario, delivery, 1));
    for (std::uint64_t seed = 2; seed <= seeds; ++seed) {
        worst = worst_of(worst, measure(scenario, run_failover(scenario, delivery, seed)));
    }
    return worst;
}

// B1, B2, F1, F2, F3, F5
TEST(Failover, StaysWithinTheBoundsOfTheTable) {
    std::printf("seeds 1 to %d; the worst of each\n%s", static_cast<int>(seeds),
                failover_heading().c_str());
    for (const FailoverScenario& scenario : failover_scenarios()) {
        for (const Delivery delivery : {Delivery::whole, Delivery::streamed}) {
            const FailoverResult worst = worst_result(scenario, delivery);
            const std::string row = failover_row(scenario, delivery, worst);
            std::printf("%s", row.c_str());
            std::fflush(stdout);
            EXPECT_TRUE(within(scenario.bounds, worst)) << row;
        }
    }
}

TEST(Failover, OfBackendsThatAreWellIsOneRequestForEachCallToTheFirst) {
    const FailoverScenario fair_weather{.trouble_time = seconds(10)};
    for (const Delivery delivery : {Delivery::whole, Delivery::streamed}) {
        const FailoverRun run = run_failover(fair_weather, delivery, 1);
        EXPECT_NEAR(static_cast<double>(run.calls.size()), 190 * failover_load, 5 * 62);
        EXPECT_TRUE(run.probes.empty());
        for (const RoutedCall& call : run.calls) {
            EXPECT_EQ(call.answered_by, Backend::first);
            EXPECT_EQ(call.requests, 1U);
            EXPECT_EQ(call.answers, 1U);
            EXPECT_TRUE(call.intact);
        }
    }
}

TEST(Failover, IsTheSameForTheSameSeed) {
    const FailoverScenario scenario{.first = Outage{.condition = {.fault_rate = 0.5}},
                                    .trouble_time = seconds(30)};
    const auto calls = run_failover(scenario, Delivery::streamed, 7).calls;
    EXPECT_EQ(calls, run_failover(scenario, Delivery::streamed, 7).calls);
    EXPECT_NE(calls, run_failover(scenario, Delivery::streamed, 8).calls);
}

/// What a call takes in real time, in the middle of many.
Duration median_time(ChatBackend& backend) {
    const ChatRequest request{.model = "m", .messages = {Message::user("ping")}};
    std::vector<Duration> times(1001);
    for (Duration& time : times) {
        const TimePoint begin = Clock::now();
        (void)backend.chat_completion(request);
        time = Clock::now() - begin;
    }
    std::ranges::nth_element(times, times.begin() + 500);
    return times[500];
}

// F1: what virtual time does not show.
TEST(Failover, PassingByAnOpenCircuitTakesNoTime) {
    const auto dead = std::make_shared<OpenAICloudBackend>(
        ClientOptions{.api_key = "key", .log = [](LogLevel, std::string_view) {}});
    dead->health()->breaker().isolate();
    const auto well = std::make_shared<CallableBackend>(
        [](const ChatRequest&, const CallOptions&) { return ChatCompletion{}; });
    FallbackRouter router({{.name = "dead", .backend = dead}, {.name = "well", .backend = well}});
    const Duration added = median_time(router) - median_time(*well);
    std::printf("passing by an open circuit takes %.1f us\n",
                std::chrono::duration<double, std::micro>(added).count());
    EXPECT_LT(added, std::chrono::milliseconds(1));
}

}  // namespace
}  // namespace cloud_backend::simulation
