#include "core/retry_after.hpp"

#include "core/http_date.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

// SPEC R6
namespace cloud_backend::detail {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

/// Fri, 29 Sep 2023 16:26:37 GMT
const system_clock::time_point now = sys_days(2023y / September / 29) + 16h + 26min + 37s;

std::optional<Duration> seconds_header(const std::string& value) {
    return parse_retry_after({{"Retry-After", value}}, now);
}

TEST(RetryAfter, FollowsTheTableOfR6) {
    struct Row {
        std::string value;
        std::optional<Duration> delay;
    };
    const std::vector<Row> table{
        {"20", 20s},
        {" 20 ", 20s},
        {"0.25", 250ms},
        {"5e-2", 50ms},
        {"0", 0s},
        {"Fri, 29 Sep 2023 16:26:37 GMT", 0s},
        {"Fri, 29 Sep 2023 16:26:27 GMT", 0s},
        {"-10", std::nullopt},
        {"abc", std::nullopt},
        {"", std::nullopt},
        {"0.05abc", std::nullopt},
        {"0x1", std::nullopt},
        {"inf", std::nullopt},
        {"nan", std::nullopt},
        {"+5", std::nullopt},
        {"5,6", std::nullopt},
        {"Zun, 29 Sep 2023 16:26:27 GMT", std::nullopt},
        {"Fri, 29 Sep 100000 16:26:27 GMT", std::nullopt},
        {"61", 61s},
        {"120", 120s},
        {"31536000", 31'536'000s},
        {"1e100", Duration::max()},
        {"1e400", Duration::max()},
        {"9223372036.854775807", Duration::max()},  // Of this clock, to the nanosecond.
        {"1e-400", 0s},
        {"0." + std::string(400, '0') + "1", 0s},
        {std::string(400, '0') + "7", 7s},
        {std::string(5, '0') + std::string(400, '9'), Duration::max()},
        {std::string(300, '9'), Duration::max()},
        {std::string(400, '9'), Duration::max()},
        {"Fri, 29 Sep 2023 16:26:57 GMT", 20s},
        {"Friday, 29-Sep-23 16:26:57 GMT", 20s},
        {"Fri Sep 29 16:26:57 2023", 20s},
    };
    for (const auto& [value, delay] : table) {
        EXPECT_EQ(seconds_header(value), delay) << "'" << value << "'";
    }
}

TEST(RetryAfter, MillisecondsComeFirstAndFallThrough) {
    const auto both = [](const char* ms, const char* s) {
        return parse_retry_after({{"retry-after", s}, {"Retry-After-Ms", ms}}, now);
    };
    EXPECT_EQ(both("125", "7"), 125ms);
    EXPECT_EQ(both("x", "0.05"), 50ms);
    EXPECT_EQ(both("-1", "0.05"), 50ms);
    EXPECT_EQ(parse_retry_after({{"retry-after-ms", "125"}}, now), 125ms);
    EXPECT_FALSE(parse_retry_after({}, now));
}

TEST(RetryAfter, AFractionIsNeverEarly) {
    for (int milliseconds = 1; milliseconds < 3'000; ++milliseconds) {
        const std::string text = std::to_string(1'000 + milliseconds);
        const std::string seconds = text.substr(0, 1) + "." + text.substr(1);
        EXPECT_EQ(seconds_header(seconds), (1'000 + milliseconds) * 1ms) << seconds;
    }
}

TEST(RetryAfter, ADateIsMeasuredAgainstTheServersOwnClock) {
    const Headers headers{{"Retry-After", "Fri, 29 Sep 2023 16:26:57 GMT"},
                          {"Date", "Fri, 29 Sep 2023 16:26:50 GMT"}};
    EXPECT_EQ(parse_retry_after(headers, now), 7s);
    EXPECT_EQ(parse_retry_after(headers, now + 24h), 7s);
    EXPECT_EQ(parse_retry_after({headers[0], {"Date", "yesterday"}}, now), 20s);
}

TEST(RetryAfter, AFarDateDoesNotOverflow) {
    EXPECT_EQ(seconds_header("Fri, 31 Dec 9999 23:59:59 GMT"), Duration::max());
    EXPECT_EQ(seconds_header("Sat, 01 Jan 0001 00:00:00 GMT"), 0s);
    const system_clock::time_point furthest_back(-Duration::max());
    EXPECT_EQ(parse_retry_after({{"Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT"}}, furthest_back),
              Duration::max());
}

TEST(HttpDate, IsStrict) {
    for (const char* bad :
         {"Fri, 29 Sep 2023 16:26:57", "Fri, 29 Sep 2023 16:26:57 UTC", "29 Sep 2023 16:26:57 GMT",
          "Fri, 29 Sep 2023 24:00:00 GMT", "Fri, 29 Sep 2023 16:60:00 GMT",
          "Fri, 31 Sep 2023 16:26:57 GMT", "Fri, 9 Sep 2023 16:26:57 GMT",
          "Fri, 29 Xyz 2023 16:26:57 GMT", "Fri, 29 Sep 2023 16:26:57 GMT ", "Fri, 29 Sep 23", "",
          "Fri Sep 29 16:26:57 23"}) {
        EXPECT_FALSE(parse_http_date(bad, now)) << bad;
    }
}

TEST(HttpDate, ATwoDigitYearIsTheNearest) {
    const auto year_of = [](const char* text) {
        return year_month_day(floor<days>(parse_http_date(text, now).value())).year();
    };
    EXPECT_EQ(year_of("Friday, 29-Sep-23 16:26:57 GMT"), 2023y);
    EXPECT_EQ(year_of("Friday, 29-Sep-72 16:26:57 GMT"), 2072y);
    EXPECT_EQ(year_of("Friday, 29-Sep-94 16:26:57 GMT"), 1994y);
}

TEST(HttpDate, AsctimePadsTheDayWithASpace) {
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", now),
              sys_days(1994y / November / 6) + 8h + 49min + 37s);
}

}  // namespace
}  // namespace cloud_backend::detail
