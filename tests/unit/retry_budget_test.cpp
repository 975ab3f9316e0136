#include <cloud_backend/retry_budget.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

// SPEC R8
namespace cloud_backend {
namespace {

using enum RetryBudget::Cost;

TEST(RetryBudget, ARetryCostsOneAnAmbiguousOneTwo) {
    RetryBudget budget({.capacity = 3});
    EXPECT_TRUE(budget.try_spend(ambiguous_retry));
    EXPECT_FALSE(budget.try_spend(ambiguous_retry));
    EXPECT_DOUBLE_EQ(budget.tokens(), 1);
    EXPECT_TRUE(budget.try_spend(retry));
    EXPECT_FALSE(budget.try_spend(retry));
}

TEST(RetryBudget, ASuccessRefundsUpToTheCapacity) {
    RetryBudget budget{};
    EXPECT_DOUBLE_EQ(budget.tokens(), 10);
    budget.refund();
    EXPECT_DOUBLE_EQ(budget.tokens(), 10);
    EXPECT_TRUE(budget.try_spend(retry));
    budget.refund();
    EXPECT_DOUBLE_EQ(budget.tokens(), 9.3);
}

TEST(RetryBudget, TenSuccessesAreWorthThreeRetriesAndNoMore) {
    RetryBudget budget({.capacity = 4});
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(budget.try_spend(retry));
    for (int i = 0; i < 10; ++i) budget.refund();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.try_spend(retry));
    EXPECT_FALSE(budget.try_spend(retry));
    EXPECT_GE(budget.tokens(), 0);
}

TEST(RetryBudget, WithoutCapacityThereIsNoRetry) {
    RetryBudget budget({.capacity = 0});
    budget.refund();
    EXPECT_FALSE(budget.try_spend(retry));
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
