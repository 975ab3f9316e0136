#pragma once

#include "embedded_server.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace embedded_server {

struct ChatServiceOptions {
    std::chrono::milliseconds token_delay{0};  ///< before each piece of a streamed answer
    int first_status = 200;                    ///< anything else: the first answer is that error
};

/// Answers POST /v1/chat/completions, plain and streamed, in the form of the real service; anything
/// else, and a body it cannot use, with an error in the real service's form. The first function
/// that a request offers is called, with the last word of the question for each argument that its
/// schema requires; the result is repeated.
[[nodiscard]] Handler chat_service(ChatServiceOptions options = {});

/// What the service says to a conversation that ends in this message of the user.
[[nodiscard]] std::string reply_to(std::string_view user_message);

}  // namespace embedded_server
