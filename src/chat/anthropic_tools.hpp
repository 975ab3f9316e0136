#pragma once

#include <cloud_backend/chat_request.hpp>

#include <string>

// Tools as Anthropic's protocol writes them. What it cannot say throws a `ConfigError`.
namespace cloud_backend::detail {

/// `where` names the tool in errors.
[[nodiscard]] std::string anthropic_tool_json(const Tool& tool, const std::string& where);
/// Which tools to call, and whether several at once; empty when the request says neither.
[[nodiscard]] std::string anthropic_tool_choice_json(const ChatRequest& request);

}  // namespace cloud_backend::detail
