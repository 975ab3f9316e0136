#pragma once

#include "chat/anthropic_decoder.hpp"
#include "chat/json_document.hpp"

#include <cloud_backend/chat.hpp>

#include <optional>
#include <string_view>
#include <variant>

namespace cloud_backend::test {

/// What a whole message of Anthropic means, if it is one.
inline std::optional<ChatCompletion> read_document(std::string_view json) {
    detail::JsonDocument document;
    const auto parsed = document.parse(json);
    return detail::AnthropicDecoder(256).read_completion(std::get<simdjson::dom::element>(parsed));
}

}  // namespace cloud_backend::test
