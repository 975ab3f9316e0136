#pragma once

#include "fake_transport.hpp"
#include "fallback_script.hpp"

#include <cloud_backend/chat.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

/// The chunks of an answer; each has an id of its own, which says whose answer and which chunk of
/// it it is, and so has what it adds.
[[nodiscard]] std::vector<ChatChunk> chunks_of(const AnswerScript& script, std::string_view answer);
[[nodiscard]] ChatCompletion accumulated(const std::vector<ChatChunk>& chunks);
/// All that is in a completion but its metadata and raw JSON.
[[nodiscard]] std::string text_of(const ChatCompletion& completion);

/// What goes over the network for an answer of a service. Calls `on_given` when a chunk has been
/// taken.
[[nodiscard]] Exchange exchange_of(const AnswerScript& script, const std::vector<ChatChunk>& chunks,
                                   bool streamed, const std::function<void()>& on_given);
/// Throws what a function with this script ends with, unless it returns.
void fail_as_scripted(const AnswerScript& script);

}  // namespace cloud_backend::test
