#pragma once

#include "chat/request_json.hpp"

#include <cloud_backend/chat.hpp>

#include <string>

namespace cloud_backend::detail {

/// The request as Anthropic's Messages API takes it; what becomes of each field says
/// `AnthropicCloudBackend`. Throws `ConfigError` for what cannot be said there, besides what
/// `to_json` refuses.
[[nodiscard]] std::string to_anthropic_json(const ChatRequest& request, Delivery delivery);

}  // namespace cloud_backend::detail
