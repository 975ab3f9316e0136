#pragma once

#include <cloud_backend/callable_tool.hpp>
#include <cloud_backend/message.hpp>

#include <string>
#include <vector>

namespace cloud_backend::detail {

struct CallOutcome {
    std::string text{};  ///< In UTF-8.
    bool failed = false;
};

/// Calls the tool that `call` names; `known` are those the model was told of. Lets through only
/// what is no `std::exception`.
[[nodiscard]] CallOutcome make_call(const std::vector<CallableTool>& tools,
                                    const std::vector<Tool>& known, const ToolCall& call);

}  // namespace cloud_backend::detail
