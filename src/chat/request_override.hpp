#pragma once

#include "chat/request_json.hpp"

#include <string>
#include <string_view>

// Requests given as JSON text.
namespace cloud_backend::detail {

/// A request given as JSON text with `stream` and, unless it is empty, `model` overridden; key
/// order and everything else kept byte for byte (SPEC 1, passthrough). Throws `ConfigError` when
/// `body` is not a JSON object in UTF-8.
[[nodiscard]] std::string override_request(std::string_view body, std::string_view model,
                                           Delivery delivery);

/// What a request asks of the answer.
struct RequestedAnswer {
    std::string model{};  ///< Empty if it names none.
    int choices = 1;      ///< Its `n`.
};

/// Of a request given as JSON text, which is an object.
[[nodiscard]] RequestedAnswer requested_answer(std::string_view body);
/// Of what `to_json` writes, whose messages may be long.
[[nodiscard]] RequestedAnswer requested_answer(const ChatRequest& request);

}  // namespace cloud_backend::detail
