#pragma once

#include "fault.hpp"

#include <cloud_backend/attempt.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/clock.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

/// How a call ends: success, or the type of its error (SPEC 8).
using Ending = std::string_view;

namespace ending {
inline constexpr Ending success = "success";
inline constexpr Ending connection_error = "ConnectionError";
inline constexpr Ending connect_timeout = "TimeoutError connect";
inline constexpr Ending first_byte_timeout = "TimeoutError first_byte";
inline constexpr Ending idle_timeout = "TimeoutError idle";
inline constexpr Ending stream_error = "StreamError";
inline constexpr Ending stream_truncated = "StreamTruncatedError";
inline constexpr Ending response_error = "ResponseError";
inline constexpr Ending limit_exceeded = "LimitExceededError";
}  // namespace ending

/// What a call shows of itself.
struct Observed {
    Ending ending{};
    std::vector<AttemptInfo> attempts{};
    std::string text{};      ///< Of the completion, or of the partial one.
    std::string streamed{};  ///< What the callback was given.
    std::size_t chunks = 0;
    Duration duration{};
};

/// Asks for a chat completion and waits for its end. What is no `Error` passes through.
[[nodiscard]] Observed observe(ChatBackend& backend, Mode mode, const CallOptions& options = {});

}  // namespace cloud_backend::test
