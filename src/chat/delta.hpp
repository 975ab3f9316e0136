#pragma once

#include <cloud_backend/chat_completion.hpp>

namespace cloud_backend::detail {

/// Whether the model has a word in it, and not only its role.
[[nodiscard]] inline bool says_something(const Delta& delta) {
    return !delta.content.empty() || !delta.parts.empty() || !delta.reasoning.empty() ||
           !delta.refusal.empty() || delta.audio || !delta.tool_calls.empty() ||
           !delta.annotations.empty();
}

}  // namespace cloud_backend::detail
