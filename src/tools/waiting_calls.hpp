#pragma once

#include <cloud_backend/message.hpp>

#include <vector>

namespace cloud_backend::detail {

/// Gives an id, new to the conversation, to each call of `message` that has none of its own.
void complete_ids(Message& message, const std::vector<Message>& conversation);

/// The calls that wait for a result at the end of a conversation. Completes the ids there, also
/// those of the results that calls without one of their own have. Throws `ConfigError` when calls
/// further up lack results: they can no longer be made.
[[nodiscard]] std::vector<ToolCall> waiting_calls(std::vector<Message>& messages);

}  // namespace cloud_backend::detail
