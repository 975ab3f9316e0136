#include "chat/lent_chunk.hpp"

#include "core/per_thread.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace cloud_backend::detail {

namespace {

constexpr std::size_t large_text = std::size_t{16} << 10;
constexpr std::size_t many_elements = 16;

/// None while it is lent: a call that is made while a chunk is delivered needs another.
using Spare = std::unique_ptr<ChatChunk>;

/// Some of Anthropic's events also tell what earlier ones held.
bool grew_large(const Delta& delta) {
    return delta.tool_calls.capacity() > many_elements || delta.parts.capacity() > many_elements ||
           delta.extra.text().size() > large_text ||
           std::ranges::any_of(delta.tool_calls, [](const ToolCallDelta& call) {
               return call.arguments.size() > large_text;
           });
}

bool grew_large(const ChatChunk& chunk) {
    return chunk.choices.capacity() > many_elements ||
           std::ranges::any_of(chunk.choices,
                               [](const auto& choice) { return grew_large(choice.delta); });
}

}  // namespace

LentChunk::LentChunk(std::size_t event_bytes) : is_small_event_(event_bytes <= large_text) {
    auto* const spare = is_small_event_ ? per_thread<Spare>() : nullptr;
    if (spare != nullptr) chunk_ = std::move(*spare);
    if (chunk_ == nullptr) chunk_ = std::make_unique<ChatChunk>();
}

LentChunk::~LentChunk() {
    if (!is_small_event_ || grew_large(*chunk_)) return;
    if (auto* const spare = per_thread<Spare>()) *spare = std::move(chunk_);
}

}  // namespace cloud_backend::detail
