#pragma once

#include <cloud_backend/clock.hpp>
#include <cloud_backend/headers.hpp>
#include <cloud_backend/metadata.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` (SPEC C5). Never throws.
[[nodiscard]] RateLimits parse_rate_limits(const Headers& headers);
/// "6m0s", "1h2m3.5s", "120ms", "2"; empty when it is not a duration.
[[nodiscard]] std::optional<Duration> parse_reset_duration(std::string_view text);
/// x-request-id, else apim-request-id, x-ms-request-id, x-generation-id, request-id; else empty
/// (SPEC C5).
[[nodiscard]] std::string find_request_id(const Headers& headers);

}  // namespace cloud_backend::detail
