#pragma once

#include "fault.hpp"

#include <cloud_backend/attempt.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/clock.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

/// How a call ends: success, or the type of its error (SPEC 8).
enum class Ending {
    success,
    connection_error,
    connect_timeout,
    first_byte_timeout,
    idle_timeout,
    stream_error,
    stream_truncated,
    response_error,
    limit_exceeded,
    other,
};

constexpr std::string_view name_of(Ending ending) {
    constexpr std::array<std::string_view, 10> names{
        "success",
        "ConnectionError",
        "TimeoutError connect",
        "TimeoutError first_byte",
        "TimeoutError idle",
        "StreamError",
        "StreamTruncatedError",
        "ResponseError",
        "LimitExceededError",
        "another Error",
    };
    return names.at(static_cast<std::size_t>(ending));
}

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
