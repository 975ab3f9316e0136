#include "async/awaited_call.hpp"

#include <utility>
#include <variant>

namespace cloud_backend::detail {

CallHandlers AwaitedCall::handlers() {
    CallHandlers handlers{
        .on_done =
            [self = shared_from_this()](ChatCompletion answer) { self->end(std::move(answer)); },
        .on_error =
            [self = shared_from_this()](std::exception_ptr error) { self->end(std::move(error)); }};
    if (on_chunk_ != nullptr) {
        handlers.on_chunk = [self = shared_from_this()](const ChatChunk& chunk) {
            return self->hand_over(chunk);
        };
    }
    return handlers;
}

// --- the call's thread --------------------------------------------------------------------------

bool AwaitedCall::hand_over(const ChatChunk& chunk) {
    std::unique_lock lock(mutex_);
    chunk_ = &chunk;
    changed_.notify_all();
    changed_.wait(lock, [this] { return reply_.has_value(); });
    const Reply reply = *std::exchange(reply_, std::nullopt);
    if (reply.thrown) std::rethrow_exception(reply.thrown);
    return reply.wants_more;
}

void AwaitedCall::end(ChatResult result) {
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
    changed_.notify_all();
}

// --- the caller's -------------------------------------------------------------------------------

ChatCompletion AwaitedCall::wait() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return chunk_ != nullptr || result_; });
        if (result_) break;  // Whoever still hands over a chunk is told that no more is wanted.
        const ChatChunk& chunk = *std::exchange(chunk_, nullptr);
        lock.unlock();
        Reply reply = reply_to(chunk);
        lock.lock();
        reply_ = std::move(reply);
        changed_.notify_all();
    }
    reply_ = Reply{};
    changed_.notify_all();
    if (auto* thrown = std::get_if<std::exception_ptr>(&*result_)) std::rethrow_exception(*thrown);
    return std::get<ChatCompletion>(*std::move(result_));
}

AwaitedCall::Reply AwaitedCall::reply_to(const ChatChunk& chunk) const {
    try {
        return {.wants_more = (*on_chunk_)(chunk)};
    } catch (...) {
        return {.thrown = std::current_exception()};
    }
}

}  // namespace cloud_backend::detail
