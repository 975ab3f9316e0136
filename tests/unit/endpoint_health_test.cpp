#include <cloud_backend/endpoint_health.hpp>

#include <gtest/gtest.h>

#include <chrono>

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

TEST(RetryBudget, TenSuccessesAreWorthThreeRetries) {
    RetryBudget budget({.capacity = 3});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.try_spend(RetryBudget::Cost::retry));
    for (int i = 0; i < 10; ++i) budget.refund();
    EXPECT_NEAR(budget.tokens(), 3, 1e-9);
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

}  // namespace
}  // namespace cloud_backend
