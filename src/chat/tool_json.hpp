#pragma once

#include <cloud_backend/tool.hpp>

#include <string>

// Tools of a request (SPEC C1). What cannot be written throws a `ConfigError` that names it.
namespace cloud_backend::detail {

/// `where` names the tool in errors.
[[nodiscard]] std::string tool_json(const Tool& tool, const std::string& where);
[[nodiscard]] std::string tool_choice_json(const ToolChoice& choice);

}  // namespace cloud_backend::detail
