#pragma once

#include "async/chunk_queue.hpp"
#include "chat/chat_reader.hpp"
#include "driven_call.hpp"

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/chat_stream.hpp>
#include <cloud_backend/chunk_callback.hpp>
#include <cloud_backend/options.hpp>

#include <memory>
#include <stop_token>

namespace cloud_backend::detail {

/// A streamed chat whose call is driven as far as its chunks are asked for.
class PulledChat final : public ChatStream::Source {
public:
    /// A request of `stop` cancels it.
    explicit PulledChat(const std::stop_token& stop);
    PulledChat(const PulledChat&) = delete;
    PulledChat& operator=(const PulledChat&) = delete;
    ~PulledChat() override;

    /// For the reader and the call, which are given to `begin`.
    [[nodiscard]] const ChunkCallback& on_chunk() const noexcept { return on_chunk_; }
    [[nodiscard]] std::stop_token stop_token() const noexcept { return source_.stop_token(); }
    [[nodiscard]] CallOptions options(CallOptions options) const {
        options.stop = stop_token();
        return options;
    }
    void begin(std::unique_ptr<ChatReader> reader, std::unique_ptr<DrivenCall> call) noexcept;

    const ChatChunk* next() override;
    ChatCompletion take() override;

private:
    void take_in(const ChatChunk& chunk);

    CallSource source_;
    ChunkQueue queue_{};
    ChunkCallback on_chunk_;
    std::unique_ptr<ChatReader> reader_{};
    std::unique_ptr<DrivenCall> call_{};
    bool done_ = false;
};

}  // namespace cloud_backend::detail
