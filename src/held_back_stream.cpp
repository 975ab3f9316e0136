#include "held_back_stream.hpp"

#include <algorithm>
#include <utility>

namespace cloud_backend::detail {

namespace {

/// Everything but the role, which every backend gives alike.
bool says_something(const ChunkChoice& choice) {
    const Delta& delta = choice.delta;
    return !delta.content.empty() || !delta.reasoning.empty() || !delta.refusal.empty() ||
           !delta.tool_calls.empty() || !delta.annotations.empty() || !delta.extra.empty() ||
           !choice.finish_reason.empty();
}

}  // namespace

bool HeldBackStream::take(const ChatChunk& chunk) {
    if (has_begun_) return deliver(chunk);
    const bool begins = std::ranges::any_of(chunk.choices, says_something);
    if (!begins && held_.size() < max_held) {
        held_.push_back(chunk);
        return true;
    }
    return deliver_held() && deliver(chunk);
}

bool HeldBackStream::deliver_held() {
    const auto held = std::exchange(held_, {});
    return std::ranges::all_of(held, [this](const ChatChunk& chunk) { return deliver(chunk); });
}

bool HeldBackStream::deliver(const ChatChunk& chunk) {
    if (stopped_ || thrown_) return false;
    has_begun_ = true;  // Also if the callback throws.
    try {
        stopped_ = !on_chunk_(chunk);
    } catch (...) {
        thrown_ = std::current_exception();
        throw;
    }
    return !stopped_;
}

}  // namespace cloud_backend::detail
