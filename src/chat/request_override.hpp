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

/// The number of choices that a request given as JSON text asks for, its `n`; 1 if it says none.
[[nodiscard]] int requested_choices(std::string_view body);
/// The same of what `to_json` writes, whose messages may be long.
[[nodiscard]] int requested_choices(const ChatRequest& request);

}  // namespace cloud_backend::detail
