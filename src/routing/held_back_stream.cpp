#include "routing/held_back_stream.hpp"

#include <cloud_backend/chat_accumulator.hpp>

#include <algorithm>
#include <span>
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

ChatCompletion accumulated(std::span<const ChatChunk> chunks) {
    ChatAccumulator accumulator;
    for (const ChatChunk& chunk : chunks) accumulator.add(chunk);
    return accumulator.completion();
}

}  // namespace

bool HeldBackStream::take(const ChatChunk& chunk) {
    if (has_begun_) return deliver(chunk);
    held_.push_back(chunk);
    const bool begins =
        held_.size() > max_held || std::ranges::any_of(chunk.choices, says_something);
    return !begins || deliver_held();
}

bool HeldBackStream::deliver_held() {
    const auto held = std::exchange(held_, {});
    for (auto next = held.begin(); next != held.end();) {
        if (!stop_.stop_requested() && deliver(*next++)) continue;
        if (next != held.end()) {
            cut_short_ = std::make_shared<const ChatCompletion>(accumulated({held.begin(), next}));
        }
        return false;
    }
    return true;
}

bool HeldBackStream::deliver(const ChatChunk& chunk) {
    if (stopped_ || cut_short_ || thrown_) return false;
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
