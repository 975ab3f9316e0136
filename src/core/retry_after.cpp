#include "core/retry_after.hpp"

#include "core/ascii.hpp"
#include "core/http_date.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

namespace cloud_backend::detail {

namespace {

using std::chrono::system_clock;
using FloatSeconds = std::chrono::duration<double>;

/// "1e400" is beyond counting; "1e-400" and 400 zeros behind the point are nothing.
Duration out_of_range(std::string_view number) {
    const std::size_t exponent = number.find_first_of("eE");
    const bool tiny = exponent == std::string_view::npos
                          ? number[number.find_first_not_of('0')] == '.'
                          : number[exponent + 1] == '-';
    return tiny ? Duration::zero() : Duration::max();
}

/// A number of units, not negative, and nothing besides.
std::optional<Duration> parse_number(std::string_view text, FloatSeconds unit) {
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    double amount = 0;
    const char* const text_end = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), text_end, amount);
    if (end != text_end) return std::nullopt;
    if (error == std::errc::result_out_of_range) return out_of_range(text);
    if (error != std::errc{}) return std::nullopt;
    const FloatSeconds delay = amount * unit;
    if (delay >= FloatSeconds(Duration::max())) return Duration::max();
    return std::chrono::round<Duration>(delay);  // Cut off, 1.001 s would be 1 ns early.
}

std::optional<Duration> parse_date(const Headers& headers, std::string_view text,
                                   system_clock::time_point wall_now) {
    const auto date = parse_http_date(text, wall_now);
    if (!date) return std::nullopt;
    const std::string* server_date = find_header(headers, "date");
    const auto server_now =
        server_date ? parse_http_date(trim(*server_date), wall_now) : std::nullopt;
    // In floating point: a far year does not fit the nanoseconds of a time point.
    const FloatSeconds now = server_now ? FloatSeconds(server_now->time_since_epoch())
                                        : FloatSeconds(wall_now.time_since_epoch());
    const FloatSeconds delay = FloatSeconds(date->time_since_epoch()) - now;
    if (delay <= FloatSeconds::zero()) return Duration::zero();
    if (delay >= FloatSeconds(Duration::max())) return Duration::max();
    return std::chrono::duration_cast<Duration>(delay);
}

}  // namespace

std::optional<Duration> parse_retry_after(const Headers& headers,
                                          system_clock::time_point wall_now) {
    if (const std::string* milliseconds = find_header(headers, "retry-after-ms")) {
        if (const auto delay = parse_number(trim(*milliseconds), std::chrono::milliseconds(1))) {
            return delay;
        }
    }
    const std::string* value = find_header(headers, "retry-after");
    if (value == nullptr) return std::nullopt;
    const auto delay = parse_number(trim(*value), std::chrono::seconds(1));
    return delay ? delay : parse_date(headers, trim(*value), wall_now);
}

}  // namespace cloud_backend::detail
