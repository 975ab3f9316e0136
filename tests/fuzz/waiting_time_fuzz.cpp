#include "core/ascii.hpp"
#include "core/http_date.hpp"
#include "core/rate_limits.hpp"
#include "core/retry_after.hpp"
#include "fuzzing.hpp"

#include <charconv>
#include <chrono>
#include <ctime>
#include <optional>
#include <string>

// What headers say of time: Retry-After (R6), HTTP dates, reset times of rate limits (C5).
namespace cloud_backend::fuzz {
namespace {

using namespace std::chrono_literals;
using detail::parse_http_date;
using detail::parse_retry_after;
using std::chrono::sys_seconds;

const sys_seconds now{std::chrono::seconds(1'696'004'797)};  // Fri, 29 Sep 2023 16:26:37 GMT

bool is_negative(std::optional<Duration> time) {
    return time && *time < Duration::zero();
}

void check_retry_after(const std::string& value) {
    const auto as_seconds = parse_retry_after({{"Retry-After", value}}, now);
    const auto as_ms = parse_retry_after({{"Retry-After-Ms", value}}, now);
    require(!is_negative(as_seconds) && !is_negative(as_ms), "no wait is negative (R6)");
    require(parse_retry_after({{"Retry-After-Ms", value}, {"Retry-After", "7"}}, now) ==
                as_ms.value_or(7s),
            "milliseconds first, else the seconds (R6)");
    require(parse_retry_after({{"Retry-After", " " + value + "\t"}}, now) == as_seconds,
            "white space around it says nothing (R6)");

    std::uint32_t whole = 0;
    const auto* const end = value.data() + value.size();
    const auto result = std::from_chars(value.data(), end, whole);
    if (result.ec == std::errc{} && result.ptr == end) {
        require(as_seconds == Duration(std::chrono::seconds(whole)), "whole seconds (R6)");
        require(as_ms == Duration(std::chrono::milliseconds(whole)), "whole milliseconds (R6)");
    }
}

std::string imf_fixdate(sys_seconds time) {
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm fields{};
    gmtime_r(&seconds, &fields);
    std::string text(40, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &fields));
    return text;
}

void check_date(const std::string& value) {
    const auto date = parse_http_date(detail::trim(value), now);
    const auto by_server_clock =
        parse_retry_after({{"Date", value}, {"Retry-After", "Fri, 29 Sep 2023 16:26:57 GMT"}}, now);
    require(by_server_clock.has_value(), "a date is a wait, whatever the server's clock");
    require(!is_negative(by_server_clock), "no wait is negative");
    if (!date) {
        require(by_server_clock == 20s, "a Date that is none is ignored");
        return;
    }
    require(*date >= sys_seconds(std::chrono::sys_days(std::chrono::year(0) / 1 / 1)) &&
                *date <= sys_seconds(std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1)),
            "a year has four digits");
    const auto delay = parse_retry_after({{"Retry-After", value}}, now);
    require(delay.has_value(), "a date is a Retry-After (R6)");
    const auto century = 100 * std::chrono::years(1);
    if (*date <= now) require(*delay == 0s, "a date that is past is at once (R6)");
    if (*date > now && *date < now + century)
        require(*delay == *date - now, "a date is waited for");
    if (*date >= sys_seconds(std::chrono::sys_days(std::chrono::year(1'000) / 1 / 1)) &&
        *date < sys_seconds(std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1))) {
        require(parse_http_date(imf_fixdate(*date), now) == date,
                "a date written anew is the same");
    }
}

void check_reset_time(const std::string& value) {
    const auto time = detail::parse_reset_duration(value);
    require(!is_negative(time), "no reset time is past");
    require(!time || detail::is_digit(detail::trim(value).front()), "a reset time is a number");
    const auto limits = detail::parse_rate_limits(
        {{"x-ratelimit-reset-tokens", value}, {"x-ratelimit-limit-tokens", value}});
    require(limits.tokens.reset_in == time, "the header is read as the value is");
}

}  // namespace
}  // namespace cloud_backend::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cloud_backend::fuzz;
    const std::string value(as_text(data, size));
    check_retry_after(value);
    check_date(value);
    check_reset_time(value);
    return 0;
}
