#pragma once

#include <cloud_backend/chat_completion.hpp>

#include <cstddef>
#include <memory>

namespace cloud_backend::detail {

/// A chunk to read an event into. The streams of a thread use one in turn: of thousands, each would
/// find its own gone from the processor's caches. What it holds is that of any stream.
class LentChunk {
public:
    /// For an event of that size. A chunk that grew large is not kept (SPEC S3).
    explicit LentChunk(std::size_t event_bytes);
    LentChunk(const LentChunk&) = delete;
    LentChunk& operator=(const LentChunk&) = delete;
    ~LentChunk();

    [[nodiscard]] ChatChunk& operator*() const noexcept { return *chunk_; }

private:
    std::unique_ptr<ChatChunk> chunk_;
    bool is_small_event_;
};

}  // namespace cloud_backend::detail
