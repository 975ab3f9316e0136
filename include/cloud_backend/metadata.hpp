#pragma once

#include <cloud_backend/attempt.hpp>
#include <cloud_backend/backend_failure.hpp>
#include <cloud_backend/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cloud_backend {

/// One limit of `x-ratelimit-*`; what the server did not say is empty.
struct RateLimit {
    std::optional<std::int64_t> limit{};
    std::optional<std::int64_t> remaining{};
    std::optional<Duration> reset_in{};
};

/// How much may still be asked, as the server tells it in `x-ratelimit-*` (SPEC C5).
struct RateLimits {
    RateLimit requests{};
    RateLimit tokens{};
};

/// How a call went (SPEC C5).
struct CallMetadata {
    std::string request_id{};
    RateLimits rate_limits{};
    std::vector<AttemptInfo> attempts{};
    /// From the start of the call, retries and waits included.
    Duration time_to_first_byte{};
    std::optional<Duration> time_to_first_chunk{};  ///< Of a streamed answer.
    Duration total_time{};
    std::size_t malformed_chunks = 0;
    bool connection_reused = false;

    // Of calls through routers (SPEC F6).
    std::string backend{};  ///< Who answered; "outer/inner" of a router within a router.
    std::string model{};    ///< What it was asked for.
    /// Who was skipped or failed before.
    std::vector<BackendFailure> failures{};
};

}  // namespace cloud_backend
