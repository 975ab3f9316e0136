#include "async/blocking_stream.hpp"

#include <cstddef>
#include <exception>
#include <utility>
#include <variant>

namespace cloud_backend::detail {

namespace {

constexpr std::size_t max_given = 64;

}  // namespace

BlockingStream::BlockingStream(BlockingCall call, const CallOptions& options)
    : source_(options.stop),
      thread_([this, call = std::move(call), options] { run(call, options); }) {}

BlockingStream::~BlockingStream() {
    source_.handle().cancel();
}

// --- the call's thread --------------------------------------------------------------------------

void BlockingStream::run(const BlockingCall& call, CallOptions options) {
    options.stop = source_.stop_token();
    const ChunkCallback on_chunk = [this](const ChatChunk& chunk) { give(chunk); };
    ChatResult result = result_of(call, &on_chunk, options);
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
    changed_.notify_one();
}

/// Once the call is cancelled there is room: it must go on to see that.
void BlockingStream::give(const ChatChunk& chunk) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, source_.stop_token(), [this] { return given_.size() < max_given; });
    given_.push(chunk);
    changed_.notify_one();
}

// --- the reader's -------------------------------------------------------------------------------

const ChatChunk* BlockingStream::next() {
    if (cancelled()) {
        const std::lock_guard lock(mutex_);
        drop_unread();
    }
    if (const ChatChunk* chunk = taken_.pop()) return chunk;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] {
        if (cancelled()) drop_unread();
        return result_ || given_.size() > 0;
    });
    std::swap(taken_, given_);
    changed_.notify_one();
    return taken_.pop();
}

/// T1, unless the result is known.
void BlockingStream::drop_unread() {
    if (result_) return;
    taken_.clear();
    given_.clear();
}

ChatCompletion BlockingStream::take() {
    if (auto* thrown = std::get_if<std::exception_ptr>(&*result_)) std::rethrow_exception(*thrown);
    return std::get<ChatCompletion>(*std::move(result_));
}

}  // namespace cloud_backend::detail
