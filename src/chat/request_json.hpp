#pragma once

#include <cloud_backend/chat.hpp>

#include <string>
#include <string_view>

namespace cloud_backend::detail {

enum class Delivery { whole, streamed };

/// The request's body (SPEC C1): only what is set, `extra` merged last and untouched. Throws
/// `ConfigError` for text that is not UTF-8, `extra` that is no object, or `stream` in it (T11).
[[nodiscard]] std::string to_json(const ChatRequest& request, Delivery delivery);

/// A request given as JSON text with `stream` and, unless it is empty, `model` overridden; key
/// order and everything else kept byte for byte (SPEC 1, passthrough). Throws `ConfigError` when
/// `body` is not a JSON object in UTF-8.
[[nodiscard]] std::string override_request(std::string_view body, std::string_view model,
                                           Delivery delivery);

/// The number of choices that a request given as JSON text asks for, its `n`; 1 if it says none.
[[nodiscard]] int requested_choices(std::string_view body);

}  // namespace cloud_backend::detail
