#pragma once

#include <cloud_backend/chat_completion.hpp>
#include <cloud_backend/export.hpp>

#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

namespace cloud_backend {

/// A streamed answer that is pulled: its chunks, and then the whole.
///
///     auto stream = backend->stream(request);
///     for (const ChatChunk& chunk : stream) std::cout << chunk.content();
///     std::cout << stream.completion().finish_reason();
///
/// What is not read is not fetched either: the server is held up, and no time limit runs while the
/// caller does something else. Whoever destroys it before its end cancels the call. Used by one
/// thread at a time. It keeps what it needs alive, unless `ChatBackend::stream` says otherwise.
class CLOUD_BACKEND_EXPORT ChatStream {
public:
    /// Where the chunks come from; destroying it ends the call.
    class CLOUD_BACKEND_EXPORT Source {
    public:
        virtual ~Source();
        /// Waits for the next chunk, which lives until it is asked again. Null: there is no more.
        /// Throws what the call ends with, and is not asked again then.
        [[nodiscard]] virtual const ChatChunk* next() = 0;
        /// The whole answer, after the last chunk.
        [[nodiscard]] virtual ChatCompletion take() = 0;
    };

    /// An input iterator. A chunk lives until the iterator is moved on.
    class Iterator {
    public:
        using iterator_concept = std::input_iterator_tag;  ///< For the standard library.
        using value_type = ChatChunk;                      ///< For the standard library.
        using difference_type = std::ptrdiff_t;            ///< For the standard library.

        /// The chunk that is reached.
        [[nodiscard]] const ChatChunk& operator*() const noexcept { return *stream_->chunk_; }
        /// The same.
        [[nodiscard]] const ChatChunk* operator->() const noexcept { return stream_->chunk_; }
        /// Waits for the next chunk. Throws what the call ends with.
        Iterator& operator++() {
            stream_->advance();
            return *this;
        }
        /// The same; the chunk that was left is gone, so nothing is returned.
        void operator++(int) { stream_->advance(); }
        friend bool operator==(const Iterator& iterator, std::default_sentinel_t /*end*/) noexcept {
            return iterator.at_end();
        }

    private:
        friend class ChatStream;
        explicit Iterator(ChatStream& stream) : stream_(&stream) {}
        [[nodiscard]] bool at_end() const noexcept { return stream_->chunk_ == nullptr; }

        ChatStream* stream_;
    };

    /// Of a source of one's own, which must not be null.
    explicit ChatStream(std::unique_ptr<Source> source) : source_(std::move(source)) {}

    /// Waits for the first chunk. Later, the place that is reached: a stream is read once. It and
    /// the iterators throw what the blocking form would throw: `Error` (see error.hpp).
    [[nodiscard]] Iterator begin();
    /// What an iterator equals when there is no more.
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return std::default_sentinel; }

    /// The whole answer with its metadata; reads what is left. Throws what the call ended with.
    [[nodiscard]] const ChatCompletion& completion();

private:
    void advance();

    std::unique_ptr<Source> source_;
    const ChatChunk* chunk_ = nullptr;  ///< The one that is reached.
    std::optional<ChatCompletion> completion_{};
    std::exception_ptr thrown_{};
};

}  // namespace cloud_backend
