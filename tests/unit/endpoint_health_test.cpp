#include <cloud_backend/endpoint_health.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <variant>
#include <vector>

// SPEC R8, B5
namespace cloud_backend {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

TEST(RetryBudget, ARetryCostsOneAnAmbiguousOneTwo) {
    RetryBudget budget({.capacity = 3});
    EXPECT_TRUE(budget.try_spend(RetryBudget::Cost::ambiguous_retry));
    EXPECT_FALSE(budget.try_spend(RetryBudget::Cost::ambiguous_retry));
    EXPECT_DOUBLE_EQ(budget.tokens(), 1);
    EXPECT_TRUE(budget.try_spend(RetryBudget::Cost::retry));
    EXPECT_FALSE(budget.try_spend(RetryBudget::Cost::retry));
}

TEST(RetryBudget, ASuccessRefundsUpToTheCapacity) {
    RetryBudget budget{};
    EXPECT_DOUBLE_EQ(budget.tokens(), 10);
    budget.refund();
    EXPECT_DOUBLE_EQ(budget.tokens(), 10);
    EXPECT_TRUE(budget.try_spend(RetryBudget::Cost::retry));
    budget.refund();
    EXPECT_DOUBLE_EQ(budget.tokens(), 9.3);
}

TEST(RetryBudget, TenSuccessesAreWorthThreeRetriesAndNoMore) {
    RetryBudget budget({.capacity = 4});
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(budget.try_spend(RetryBudget::Cost::retry));
    for (int i = 0; i < 10; ++i) budget.refund();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.try_spend(RetryBudget::Cost::retry));
    EXPECT_FALSE(budget.try_spend(RetryBudget::Cost::retry));
    EXPECT_GE(budget.tokens(), 0);
}

TEST(RetryBudget, WithoutCapacityThereIsNoRetry) {
    RetryBudget budget({.capacity = 0});
    budget.refund();
    EXPECT_FALSE(budget.try_spend(RetryBudget::Cost::retry));
}

TEST(RetryBudget, AddsUpUnderManyThreads) {
    RetryBudget budget({.capacity = 100});
    std::atomic<int> spent = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&] {
                for (int i = 0; i < 50; ++i) {
                    if (budget.try_spend(RetryBudget::Cost::retry)) ++spent;
                }
            });
        }
    }
    EXPECT_EQ(spent, 100);
}

TEST(EndpointHealth, IsThrottledUntilTheServersTimeIsOver) {
    EndpointHealth health;
    EXPECT_FALSE(health.throttled_for(start));
    health.throttle(start, 90s);
    EXPECT_EQ(health.throttled_for(start + 30s), 60s);
    EXPECT_FALSE(health.throttled_for(start + 90s));
}

TEST(EndpointHealth, AShorterThrottlingDoesNotEndALongerOne) {
    EndpointHealth health;
    health.throttle(start, 90s);
    health.throttle(start, 70s);
    EXPECT_EQ(health.throttled_for(start), 90s);
}

TEST(EndpointHealth, AServerCannotSwitchAClientOffForGood) {
    EndpointHealth health;
    health.throttle(start, Duration::max());
    EXPECT_EQ(health.throttled_for(start), 120s);
}

TEST(EndpointHealth, AnOptionWithoutEndDoesNotOverflow) {
    EndpointHealth health({.max_retry_after = std::chrono::milliseconds::max()});
    health.throttle(start, Duration::max());
    EXPECT_EQ(health.throttled_for(start), 24h * 365);
}

TEST(EndpointHealth, NoPauseIsNone) {
    for (const Duration pause : {Duration(0s), Duration(-5s)}) {
        EndpointHealth health;
        health.throttle(start, pause);
        EXPECT_FALSE(health.throttled_for(start));
    }
}

TEST(EndpointHealth, ItsPartsTakeTheirOptions) {
    EndpointHealth health({.fail_max = 1}, {.capacity = 1}, [] { return 0.5; });
    auto admission = health.breaker().acquire(start);
    std::get<CircuitBreaker::Permit>(admission).record(Outcome::failure, start);
    EXPECT_EQ(health.breaker().retry_in(start), 31'500ms);
    EXPECT_DOUBLE_EQ(health.budget().tokens(), 1);
}

}  // namespace
}  // namespace cloud_backend
