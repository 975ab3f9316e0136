#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace cloud_backend::detail {

/// One of the three HTTP dates (RFC 9110, 5.6.7), strictly; empty for anything else. A two-digit
/// year is the one within 50 years of `wall_now`.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(
    std::string_view text, std::chrono::system_clock::time_point wall_now);

}  // namespace cloud_backend::detail
