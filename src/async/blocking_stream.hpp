#pragma once

#include "async/blocking_call.hpp"
#include "async/chunk_queue.hpp"
#include "async/deliver.hpp"

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/chat_stream.hpp>
#include <cloud_backend/options.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace cloud_backend::detail {

/// A streamed call that blocks, made on a thread of its own, which is held up as long as nobody
/// takes its chunks.
class BlockingStream final : public ChatStream::Source {
public:
    BlockingStream(BlockingCall call, const CallOptions& options);
    BlockingStream(const BlockingStream&) = delete;
    BlockingStream& operator=(const BlockingStream&) = delete;
    /// Cancels the call and waits for its end.
    ~BlockingStream() override;

    const ChatChunk* next() override;
    ChatCompletion take() override;

private:
    void run(const BlockingCall& call, CallOptions options);
    void give(const ChatChunk& chunk);
    [[nodiscard]] bool cancelled() const { return source_.stop_token().stop_requested(); }
    void drop_unread();  ///< Under the mutex.

    CallSource source_;
    std::mutex mutex_{};
    std::condition_variable_any changed_{};
    ChunkQueue given_{};                  ///< Under the mutex.
    std::optional<ChatResult> result_{};  ///< Under the mutex, until there is one.
    ChunkQueue taken_{};                  ///< The reader's alone.
    std::jthread thread_;
};

}  // namespace cloud_backend::detail
