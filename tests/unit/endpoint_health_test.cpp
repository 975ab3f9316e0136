#include <cloud_backend/endpoint_health.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <variant>

// SPEC B5
namespace cloud_backend {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

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
