#include "core/rate_limits.hpp"

#include "core/ascii.hpp"

#include <charconv>
#include <chrono>
#include <string>

namespace cloud_backend::detail {

namespace {

using FloatSeconds = std::chrono::duration<double>;

std::optional<double> unit_in_seconds(std::string_view unit) {
    if (unit == "ms") return 0.001;
    if (unit.empty() || unit == "s") return 1;
    if (unit == "m") return 60;
    if (unit == "h") return 3'600;
    if (unit == "d") return 86'400;
    return std::nullopt;
}

std::optional<std::int64_t> parse_count(const std::string* text) {
    if (text == nullptr) return std::nullopt;
    const std::string_view digits = trim(*text);
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return count;
}

RateLimit parse_limit(const Headers& headers, const std::string& what) {
    const auto find = [&](const char* kind) {
        return find_header(headers, "x-ratelimit-" + std::string(kind) + "-" + what);
    };
    const std::string* reset = find("reset");
    return {.limit = parse_count(find("limit")),
            .remaining = parse_count(find("remaining")),
            .reset_in = reset ? parse_reset_duration(*reset) : std::nullopt};
}

}  // namespace

RateLimits parse_rate_limits(const Headers& headers) {
    return {.requests = parse_limit(headers, "requests"), .tokens = parse_limit(headers, "tokens")};
}

std::optional<Duration> parse_reset_duration(std::string_view text) {
    constexpr double longest = 100.0 * 365 * 86'400;
    text = trim(text);
    if (text.empty()) return std::nullopt;
    double seconds = 0;
    while (!text.empty()) {
        double amount = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount,
                                                  std::chars_format::fixed);
        if (error != std::errc{} || !is_digit(text.front())) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        std::size_t unit_length = 0;
        while (unit_length < text.size() && !is_digit(text[unit_length])) ++unit_length;
        const auto unit = unit_in_seconds(text.substr(0, unit_length));
        if (!unit) return std::nullopt;
        seconds += amount * *unit;
        text.remove_prefix(unit_length);
    }
    if (!(seconds <= longest)) return std::nullopt;
    return std::chrono::round<Duration>(FloatSeconds(seconds));
}

std::string find_request_id(const Headers& headers) {
    for (const char* name :
         {"x-request-id", "apim-request-id", "x-ms-request-id", "x-generation-id", "request-id"}) {
        const std::string* id = find_header(headers, name);
        if (id != nullptr && !id->empty()) return *id;
    }
    return {};
}

}  // namespace cloud_backend::detail
