#include "chat/lent_chunk.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace cloud_backend::detail {

namespace {

constexpr std::size_t large = std::size_t{16} << 10;

/// None while it is lent: a call that is made while a chunk is delivered needs another.
thread_local std::unique_ptr<ChatChunk> spare;

/// Of Anthropic's events some also tell what earlier ones held.
bool tells_much_of_earlier_events(const Delta& delta) {
    return delta.extra.text().size() > large ||
           std::ranges::any_of(delta.tool_calls, [](const ToolCallDelta& call) {
               return call.arguments.size() > large;
           });
}

}  // namespace

LentChunk::LentChunk(std::size_t event_bytes) : is_small_event_(event_bytes <= large) {
    if (is_small_event_) chunk_ = std::move(spare);
    if (chunk_ == nullptr) chunk_ = std::make_unique<ChatChunk>();
}

LentChunk::~LentChunk() {
    if (!is_small_event_) return;
    if (std::ranges::any_of(chunk_->choices, tells_much_of_earlier_events, &ChunkChoice::delta)) {
        return;
    }
    spare = std::move(chunk_);
}

}  // namespace cloud_backend::detail
