#include "core/attempt_timers.hpp"

#include <gtest/gtest.h>

#include <chrono>

// SPEC T5
namespace cloud_backend::detail {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

TimeoutOptions limits() {
    return {.connect = 10s, .first_byte = 60s, .idle = 30s, .content_idle = 0s};
}

void expect_next(const AttemptTimers& timers, TimePoint at, TimeLimit limit) {
    EXPECT_EQ(timers.next().at, at);
    EXPECT_EQ(timers.next().limit, limit);
}

TEST(AttemptTimers, TheConnectLimitCountsFromTheStart) {
    expect_next(AttemptTimers(limits(), start), start + 10s, TimeLimit::connect);
}

TEST(AttemptTimers, TheFirstByteLimitCountsFromSending) {
    AttemptTimers timers(limits(), start);
    timers.on_sent(start + 3s);
    expect_next(timers, start + 63s, TimeLimit::first_byte);
}

TEST(AttemptTimers, EachByteStartsTheIdleLimitAgain) {
    AttemptTimers timers(limits(), start);
    timers.on_sent(start);
    timers.on_bytes(start + 5s);
    expect_next(timers, start + 35s, TimeLimit::idle);
    timers.on_bytes(start + 20s);
    expect_next(timers, start + 50s, TimeLimit::idle);
}

TEST(AttemptTimers, OnlyEventsStartTheContentIdleLimitAgain) {
    auto options = limits();
    options.content_idle = 40s;
    AttemptTimers timers(options, start);
    timers.on_sent(start);
    timers.on_bytes(start + 5s);
    timers.on_bytes(start + 20s);  // A keep-alive comment.
    expect_next(timers, start + 45s, TimeLimit::content_idle);
    timers.on_bytes(start + 30s);
    timers.on_event(start + 30s);
    expect_next(timers, start + 60s, TimeLimit::idle);
}

TEST(AttemptTimers, ZeroSwitchesALimitOff) {
    AttemptTimers timers({.connect = 0s, .first_byte = 0s, .idle = 0s, .content_idle = 0s}, start);
    EXPECT_EQ(timers.next().at, TimePoint::max());
    timers.on_sent(start);
    EXPECT_EQ(timers.next().at, TimePoint::max());
    timers.on_bytes(start);
    EXPECT_EQ(timers.next().at, TimePoint::max());
}

TEST(AttemptTimers, ALimitOfForEverDoesNotOverflow) {
    constexpr auto for_ever = std::chrono::milliseconds::max();
    AttemptTimers timers({for_ever, for_ever, for_ever, for_ever}, start);
    EXPECT_GT(timers.next().at, start + 24h * 364);
    timers.on_sent(start);
    EXPECT_GT(timers.next().at, start + 24h * 364);
    timers.on_bytes(start);
    EXPECT_GT(timers.next().at, start + 24h * 364);
}

}  // namespace
}  // namespace cloud_backend::detail
