#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cloud_batch {

/// A line of the input that is no request; `what()` says why, and which.
struct InputError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One line of the input.
struct BatchRequest {
    std::uint64_t line = 0;  ///< From 1.
    std::string custom_id{};
    std::string body{};  ///< The bytes of the line.
    std::int64_t tokens =
        0;  ///< An estimate of what it will use: the prompt's, and all it may say.
    int requeues = 0;
};

/// Throws InputError for a line that is not a request for a chat in OpenAI's batch format.
[[nodiscard]] BatchRequest parse_request(std::string_view line, std::uint64_t number);

/// The members of the JSON object `body`, but for `model` and how it is to be streamed; their
/// values byte for byte.
[[nodiscard]] std::string without_model_and_stream(std::string_view body);
/// Its `model`; empty when it names none.
[[nodiscard]] std::string model_of(std::string_view body);

}  // namespace cloud_batch
