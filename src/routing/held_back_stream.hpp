#pragma once

#include <cloud_backend/chat.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/error.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

namespace cloud_backend::detail {

/// A stream between a backend that may fail and the user's callback: holds back what says nothing
/// yet, so that another backend can still take over (SPEC F3).
class HeldBackStream {
public:
    /// More than any service sends before it says something. Beyond it the stream has begun.
    static constexpr std::size_t max_held = 256;

    /// `on_chunk` must outlive the stream.
    HeldBackStream(const ChunkCallback& on_chunk, std::stop_token stop)
        : on_chunk_(on_chunk), stop_(std::move(stop)) {}

    /// For the backend that is asked. False: the callback wants no more.
    [[nodiscard]] bool take(const ChatChunk& chunk);
    /// The backend has answered: what is still held is its answer's, which is cut to what was
    /// delivered. Throws what the callback threw, and `CancelledError`.
    void complete(ChatCompletion& answer);
    /// The backend has failed: the partial answer becomes what was delivered.
    void correct(ErrorDetails& failure) const;
    /// The backend has failed: what is held goes.
    void drop_held() noexcept { held_.clear(); }

    /// Something was delivered: no other backend may take over.
    [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }
    /// What the callback threw, to be passed on unchanged (SPEC T7).
    [[nodiscard]] const std::exception_ptr& thrown() const noexcept { return thrown_; }

private:
    bool deliver_held();
    [[nodiscard]] bool deliver(const ChatChunk& chunk);

    const ChunkCallback& on_chunk_;
    std::stop_token stop_;
    std::vector<ChatChunk> held_{};
    bool has_begun_ = false;
    bool stopped_ = false;  ///< The callback wanted no more.
    /// What was delivered, if that is not all that the backend gave: the stream ended among what
    /// had been held back. Else null.
    std::shared_ptr<const ChatCompletion> cut_short_{};
    std::exception_ptr thrown_{};
};

}  // namespace cloud_backend::detail
