#include "pulled_chat.hpp"

#include <cstddef>
#include <utility>

namespace cloud_backend::detail {

namespace {

/// Fewer would have libcurl copy more: it keeps what it had read when it is paused.
constexpr std::size_t enough = 64;

}  // namespace

PulledChat::PulledChat(const std::stop_token& stop)
    : source_(stop), on_chunk_([this](const ChatChunk& chunk) { take_in(chunk); }) {}

/// A call that is cancelled waits for nothing any more.
PulledChat::~PulledChat() {
    source_.handle().cancel();
    try {
        while (!done_ && call_ != nullptr) done_ = !call_->run_once();
    } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to be told.
    }
}

void PulledChat::begin(std::unique_ptr<ChatReader> reader,
                       std::unique_ptr<DrivenCall> call) noexcept {
    reader_ = std::move(reader);
    call_ = std::move(call);
}

void PulledChat::take_in(const ChatChunk& chunk) {
    queue_.push(chunk);
    if (queue_.size() >= enough) call_->pause();
}

const ChatChunk* PulledChat::next() {
    if (!done_ && source_.stop_token().stop_requested()) queue_.clear();  // T1
    while (true) {
        if (const ChatChunk* chunk = queue_.pop()) return chunk;
        if (done_) return nullptr;
        done_ = !call_->run_once();
    }
}

ChatCompletion PulledChat::take() {
    return completion_of(*reader_, call_->result());
}

}  // namespace cloud_backend::detail
