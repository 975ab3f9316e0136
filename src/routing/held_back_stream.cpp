#include "routing/held_back_stream.hpp"

#include "chat/delta.hpp"
#include "failures.hpp"

#include <cloud_backend/chat_accumulator.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace cloud_backend::detail {

namespace {

/// Everything but the role, which every backend gives alike.
bool begins_answer(const ChunkChoice& choice) {
    const Delta& delta = choice.delta;
    return says_something(delta) || !delta.extra.empty() || !choice.finish_reason.empty();
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
        held_.size() > max_held || std::ranges::any_of(chunk.choices, begins_answer);
    return !begins || deliver_held();
}

/// A backend takes all it gave for delivered, and a stream that takes no more for stopped by the
/// callback, whose exception it may have kept to itself.
void HeldBackStream::complete(ChatCompletion& answer) {
    deliver_held();
    if (thrown_) std::rethrow_exception(thrown_);
    if (!cut_short_) return;
    CallMetadata metadata = std::move(answer.metadata);
    if (!stopped_) {
        ErrorDetails failure = cancellation();
        failure.attempts = std::move(metadata.attempts);
        failure.failures = std::move(metadata.failures);
        raise(std::move(failure));
    }
    answer = *cut_short_;
    answer.metadata = std::move(metadata);
}

void HeldBackStream::correct(ErrorDetails& failure) const {
    if (!has_begun_) {
        failure.partial.reset();  // It was held back.
    } else if (cut_short_) {
        failure.partial = cut_short_;
    }
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
