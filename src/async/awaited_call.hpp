#pragma once

#include "async/deliver.hpp"

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/chat.hpp>

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>

namespace cloud_backend::detail {

/// An asynchronous call whose caller waits for it: the callback runs on the caller's thread, and
/// the thread that drives the call waits for it, so that a callback that stops or throws does so
/// as if it ran there.
class AwaitedCall : public std::enable_shared_from_this<AwaitedCall> {
public:
    /// `on_chunk` is null when the whole answer is asked for.
    explicit AwaitedCall(const ChunkCallback* on_chunk) : on_chunk_(on_chunk) {}

    [[nodiscard]] CallHandlers handlers();
    /// The answer, or throws what the call ended with. Once it was started with the handlers.
    [[nodiscard]] ChatCompletion wait();

private:
    /// What the callback says to a chunk.
    struct Reply {
        bool wants_more = false;
        std::exception_ptr thrown{};
    };

    bool hand_over(const ChatChunk& chunk);
    void end(ChatResult result);
    [[nodiscard]] Reply reply_to(const ChatChunk& chunk) const;

    const ChunkCallback* const on_chunk_;
    std::mutex mutex_{};
    std::condition_variable changed_{};
    const ChatChunk* chunk_ = nullptr;  ///< Waits for the reply.
    std::optional<Reply> reply_{};
    std::optional<ChatResult> result_{};
};

}  // namespace cloud_backend::detail
