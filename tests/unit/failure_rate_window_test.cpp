#include "core/failure_rate_window.hpp"

#include "breaker_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>

// SPEC B8
namespace cloud_backend {
namespace {

using namespace std::chrono_literals;

class Window : public ::testing::Test {
protected:
    detail::FailureRateWindow window{FailureRateOptions{}};
    TimePoint now{1h};

    void add(int failures, int successes) {
        for (int i = 0; i < failures; ++i) window.add(true, now);
        for (int i = 0; i < successes; ++i) window.add(false, now);
    }
};

TEST_F(Window, IsExceededByHalfOfTen) {
    add(5, 4);
    EXPECT_FALSE(window.exceeded(now));  // Too few attempts.
    add(0, 1);
    EXPECT_TRUE(window.exceeded(now));
    add(0, 1);
    EXPECT_FALSE(window.exceeded(now));  // 5 of 11.
}

TEST_F(Window, AddsItsBucketsUp) {
    for (int bucket = 0; bucket < 10; ++bucket) {
        EXPECT_FALSE(window.exceeded(now));
        add(1, 0);
        now += 3s;
    }
    EXPECT_TRUE(window.exceeded(now - 3s));
}

TEST_F(Window, ForgetsBucketByBucket) {
    add(5, 0);
    now += 15s;
    add(5, 5);
    EXPECT_TRUE(window.exceeded(now));
    now += 12s;
    EXPECT_TRUE(window.exceeded(now));
    now += 3s;  // The first five are 30 s old.
    add(0, 1);
    EXPECT_FALSE(window.exceeded(now));
}

TEST_F(Window, IsEmptyWhenNothingHappenedForLong) {
    add(20, 0);
    now += 30s;
    EXPECT_FALSE(window.exceeded(now));
    now += 24h;
    EXPECT_FALSE(window.exceeded(now));
    add(9, 0);
    EXPECT_FALSE(window.exceeded(now));
    add(1, 0);
    EXPECT_TRUE(window.exceeded(now));
}

TEST_F(Window, AResultOlderThanTheWindowForgetsNothing) {
    add(10, 0);
    now -= 30s;
    add(0, 1);
    now += 30s;
    EXPECT_TRUE(window.exceeded(now));
}

TEST_F(Window, ClearForgets) {
    add(20, 0);
    window.clear();
    EXPECT_FALSE(window.exceeded(now));
    add(9, 0);
    EXPECT_FALSE(window.exceeded(now));
}

TEST_F(Window, WorksFromTheBeginningOfTheClock) {
    now = TimePoint{};
    EXPECT_FALSE(window.exceeded(now));
    add(10, 0);
    EXPECT_TRUE(window.exceeded(now));
}

TEST_F(Window, TakesItsOptions) {
    window = detail::FailureRateWindow{{.window = 10ms, .threshold = 0.9, .min_attempts = 2}};
    add(8, 1);
    EXPECT_FALSE(window.exceeded(now));
    now += 10ms;
    add(1, 0);
    EXPECT_FALSE(window.exceeded(now));
    add(1, 0);
    EXPECT_TRUE(window.exceeded(now));
}

/// Consecutive failures never open this one.
class BreakerWithWindow : public test::BreakerTest {
protected:
    BreakerWithWindow() {
        options.failure_rate = FailureRateOptions{};
        options.fail_max = 1'000;
    }
    void attempts(CircuitBreaker& breaker, int failures, int successes) const {
        for (int i = 0; i < failures; ++i) attempt(breaker, Outcome::failure);
        for (int i = 0; i < successes; ++i) attempt(breaker, Outcome::success);
    }
};

TEST_F(BreakerWithWindow, OpensWithTheFailureThatExceedsIt) {
    auto breaker = make();
    attempts(breaker, 0, 5);
    attempts(breaker, 4, 0);
    EXPECT_EQ(state(breaker), CircuitState::closed);
    attempts(breaker, 1, 0);
    EXPECT_EQ(state(breaker), CircuitState::open);
}

TEST_F(BreakerWithWindow, NeverOpensWithASuccess) {
    auto breaker = make();
    attempts(breaker, 9, 1);
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

TEST_F(BreakerWithWindow, CountsSuccessesAndFailuresOnly) {
    auto breaker = make();
    for (int i = 0; i < 20; ++i) {
        attempt(breaker, Outcome::throttled);
        attempt(breaker, Outcome::rejected);
        attempt(breaker, Outcome::neutral);
    }
    attempts(breaker, 9, 0);
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

TEST_F(BreakerWithWindow, ForgetsItWhenTheCircuitCloses) {
    auto breaker = make();
    attempts(breaker, 10, 0);
    now = breaker.snapshot(now).next_probe_in.value() + now;
    attempts(breaker, 0, 1);
    attempts(breaker, 9, 0);
    EXPECT_EQ(state(breaker), CircuitState::closed);
    breaker.close();
    attempts(breaker, 9, 0);
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

TEST(BreakerWithoutWindow, IsTheDefault) {
    EXPECT_FALSE(CircuitBreakerOptions{}.failure_rate);
}

}  // namespace
}  // namespace cloud_backend
