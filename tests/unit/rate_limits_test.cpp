#include "core/rate_limits.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

// SPEC C5
namespace cloud_backend::detail {
namespace {

using namespace std::chrono_literals;

TEST(RateLimits, AreReadFromTheHeaders) {
    const auto limits = parse_rate_limits({{"X-RateLimit-Limit-Requests", "10000"},
                                           {"x-ratelimit-remaining-requests", "9999"},
                                           {"x-ratelimit-reset-requests", "8.64s"},
                                           {"x-ratelimit-limit-tokens", "2000000"},
                                           {"x-ratelimit-remaining-tokens", "many"},
                                           {"x-ratelimit-reset-tokens", "6m0s"}});
    EXPECT_EQ(limits.requests.limit, 10'000);
    EXPECT_EQ(limits.requests.remaining, 9'999);
    EXPECT_EQ(limits.requests.reset_in, 8'640ms);
    EXPECT_EQ(limits.tokens.limit, 2'000'000);
    EXPECT_FALSE(limits.tokens.remaining);
    EXPECT_EQ(limits.tokens.reset_in, 6min);
    EXPECT_FALSE(parse_rate_limits({}).requests.limit);
}

TEST(ResetDuration, ReadsDurationsAndNothingElse) {
    EXPECT_EQ(parse_reset_duration("6m0s"), 6min);
    EXPECT_EQ(parse_reset_duration("1h2m3.5s"), 1h + 2min + 3'500ms);
    EXPECT_EQ(parse_reset_duration("120ms"), 120ms);
    EXPECT_EQ(parse_reset_duration(" 2 "), 2s);
    EXPECT_EQ(parse_reset_duration("0s"), 0s);
    EXPECT_EQ(parse_reset_duration("1d"), 24h);
    for (const char* bad : {"", "s", "-1s", "1x", "inf", "0x1s", "1 s", "1e999s", "1m-1s",
                            "99999999999999999999h", "..5s"}) {
        EXPECT_FALSE(parse_reset_duration(bad)) << bad;
    }
}

TEST(ResetDuration, IsExactToTheMillisecond) {
    for (int count = 0; count < 3'000; ++count) {
        const std::string ms = std::to_string(count);
        EXPECT_EQ(parse_reset_duration(ms + "ms"), count * 1ms) << ms;
    }
}

TEST(RequestId, TakesTheFirstOfTheKnownNames) {
    EXPECT_EQ(find_request_id({{"x-generation-id", "g"}, {"apim-request-id", "a"}}), "a");
    EXPECT_EQ(find_request_id({{"x-ms-request-id", "m"}, {"X-Request-Id", "r"}}), "r");
    EXPECT_EQ(find_request_id({{"x-request-id", ""}, {"x-ms-request-id", "m"}}), "m");
    EXPECT_EQ(find_request_id({{"request-id", "q"}, {"x-generation-id", "g"}}), "g");
    EXPECT_EQ(find_request_id({{"Request-Id", "q"}}), "q");
    EXPECT_EQ(find_request_id({}), "");
}

}  // namespace
}  // namespace cloud_backend::detail
