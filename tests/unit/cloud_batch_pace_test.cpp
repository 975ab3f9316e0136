#include "cloud_batch/pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace cloud_batch {
namespace {

using namespace std::chrono_literals;
using cloud_backend::RateLimit;
using cloud_backend::RateLimits;

constexpr TimePoint start{1'000'000s};

/// Sends requests as soon as they may be, in virtual time.
struct Sender {
    explicit Sender(Pace::Limits limits) : pace(limits) {}

    TimePoint send(std::int64_t tokens = 1) {
        now = std::max(now, pace.next(tokens));
        pace.spend(tokens, now);
        return now;
    }
    Duration time_for(int requests, std::int64_t tokens = 1) {
        const TimePoint before = now;
        for (int i = 0; i < requests; ++i) send(tokens);
        return now - before;
    }
    void learn(RateLimit requests, RateLimit tokens = {}) {
        pace.learn({.requests = requests, .tokens = tokens}, now);
    }

    Pace pace;
    TimePoint now = start;
};

TEST(CloudBatchPace, WithoutLimitsNothingWaits) {
    Sender sender({});
    EXPECT_EQ(sender.time_for(1'000'000, 1'000'000), 0s);
}

TEST(CloudBatchPace, RequestsPerMinuteAreSpreadOverTheMinute) {
    Sender sender({.requests_per_minute = 120});
    sender.send();
    EXPECT_GE(sender.time_for(119), 58s);
    EXPECT_LE(sender.now - start, 60s);
    EXPECT_EQ(sender.time_for(240), 120s);
}

TEST(CloudBatchPace, OnlyTheLastSecondIsMadeUpFor) {
    Sender sender({.requests_per_minute = 600});
    sender.send();
    sender.now += 1h;
    EXPECT_EQ(sender.time_for(11), 0s);
    EXPECT_EQ(sender.time_for(10), 1s);
}

TEST(CloudBatchPace, ALateSenderKeepsTheRate) {
    Sender sender({.requests_per_minute = 60'000});
    sender.send();
    for (int i = 0; i < 3'000; ++i) {
        sender.send();
        sender.now += 300us;
    }
    EXPECT_GE(sender.now - start, 1'990ms);
    EXPECT_LE(sender.now - start, 2'010ms);
}

TEST(CloudBatchPace, ALargeRequestMakesTheNextWait) {
    Sender sender({.tokens_per_minute = 6'000});
    sender.send(1'000);
    EXPECT_EQ(sender.now, start);
    EXPECT_EQ(sender.time_for(1), 9s);  // Ten, less what the second before had left.
}

TEST(CloudBatchPace, TokensAreCorrectedByWhatWasUsed) {
    Sender sender({.tokens_per_minute = 6'000});
    sender.send(1'000);
    sender.pace.correct(1'000, 400);
    EXPECT_EQ(sender.time_for(1), 3s);
    sender.pace.correct(1, 101);
    EXPECT_EQ(sender.time_for(1), 1'010ms);
}

TEST(CloudBatchPace, APlentifulLimitOfTheServerSlowsNothing) {
    Sender sender({});
    sender.send();
    sender.learn({.limit = 100, .remaining = 90, .reset_in = 60s});
    EXPECT_EQ(sender.time_for(60), 0s);
}

TEST(CloudBatchPace, AShortLimitOfTheServerIsSpreadAndNotMet) {
    Sender sender({});
    sender.send();
    sender.learn({.limit = 100, .remaining = 20, .reset_in = 60s});
    EXPECT_NEAR(std::chrono::duration<double>(sender.time_for(10)).count(), 30, 0.001);
    EXPECT_NEAR(std::chrono::duration<double>(sender.time_for(10)).count(), 30, 0.001);
    EXPECT_EQ(sender.now, start + 60s);
    EXPECT_EQ(sender.time_for(50), 0s);  // Renewed; nothing is known of what is left.
}

TEST(CloudBatchPace, AnEmptyLimitOfTheServerIsWaitedFor) {
    Sender sender({});
    sender.send();
    sender.learn({.limit = 100, .remaining = 0, .reset_in = 7s});
    EXPECT_EQ(sender.time_for(1), 7s);
}

TEST(CloudBatchPace, TokensLeftAreSpreadByWhatARequestTakes) {
    Sender sender({});
    sender.send();
    sender.learn({}, {.limit = 10'000, .remaining = 1'000, .reset_in = 10s});
    EXPECT_EQ(sender.time_for(1, 250), 2'500ms);
    EXPECT_EQ(sender.time_for(1, 5'000), 7'500ms);
}

TEST(CloudBatchPace, ALimitThatIsHalfSaidIsNone) {
    Sender sender({});
    sender.send();
    sender.learn({.limit = 100, .remaining = 0});
    sender.learn({.reset_in = 60s});
    EXPECT_EQ(sender.time_for(10), 0s);
}

TEST(CloudBatchPace, AHoldKeepsEverythingBack) {
    Sender sender({});
    sender.pace.hold_until(start + 3s);
    sender.pace.hold_until(start + 1s);
    EXPECT_EQ(sender.send(), start + 3s);
}

}  // namespace
}  // namespace cloud_batch
