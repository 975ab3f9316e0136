#include <cloud_backend/retry_budget.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

// SPEC R8
namespace cloud_backend {
namespace {

using enum RetryBudget::Cost;

TEST(RetryBudget, PaysForTenRetriesOrFiveAmbiguousOnes) {
    RetryBudget plain, ambiguous;
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(plain.try_spend(retry));
    EXPECT_FALSE(plain.try_spend(retry));
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(ambiguous.try_spend(ambiguous_retry));
    EXPECT_FALSE(ambiguous.try_spend(ambiguous_retry));
}

TEST(RetryBudget, EachSuccessGivesBackThreeTenthsUpToTheCapacity) {
    RetryBudget budget;
    budget.refund();
    EXPECT_EQ(budget.tokens(), 10);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.try_spend(retry));
    for (int i = 0; i < 10; ++i) budget.refund();
    EXPECT_NEAR(budget.tokens(), 10, 1e-9);
}

TEST(RetryBudget, ARefusalCostsNothing) {
    RetryBudget budget({.capacity = 1});
    EXPECT_FALSE(budget.try_spend(ambiguous_retry));
    EXPECT_TRUE(budget.try_spend(retry));
}

TEST(RetryBudget, ThreadsNeverSpendATokenTwice) {
    constexpr int capacity = 20'000;
    RetryBudget budget({.capacity = capacity});
    std::atomic<int> spent = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                int mine = 0;
                while (budget.try_spend(retry)) ++mine;
                spent += mine;
            });
        }
    }
    EXPECT_EQ(spent, capacity);
}

}  // namespace
}  // namespace cloud_backend
