#pragma once

#include <cloud_backend/chat_completion.hpp>

#include <cstddef>
#include <vector>

namespace cloud_backend::detail {

/// Chunks between who reads and who takes them. Their storage is used again, but for that of a
/// burst.
class ChunkQueue {
public:
    void push(const ChatChunk& chunk) {
        if (end_ == chunks_.size()) {
            chunks_.push_back(chunk);
        } else {
            chunks_[end_] = chunk;
        }
        ++end_;
    }

    /// The next one, which lives until something is pushed. Null: there is none.
    [[nodiscard]] const ChatChunk* pop() noexcept {
        if (next_ == end_) {
            next_ = end_ = 0;
            if (chunks_.size() > most_kept) chunks_ = {};
            return nullptr;
        }
        return &chunks_[next_++];
    }

    [[nodiscard]] std::size_t size() const noexcept { return end_ - next_; }
    void clear() noexcept { next_ = end_ = 0; }

private:
    static constexpr std::size_t most_kept = 512;

    std::vector<ChatChunk> chunks_{};
    std::size_t next_ = 0;
    std::size_t end_ = 0;
};

}  // namespace cloud_backend::detail
