#pragma once

#include <cloud_backend/chat.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/options.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cloud_backend {

/// Receives the chunks of a stream. Made from anything callable with `const ChatChunk&` that
/// returns exactly void or bool; false stops the stream, which is no error. Its exceptions pass
/// unchanged to whoever made the call (SPEC T7). Throws `ConfigError` when it is made from an empty
/// `std::function` or a null pointer.
class CLOUD_BACKEND_EXPORT ChunkCallback {
public:
    template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, ChunkCallback> &&
             std::invocable<F&, const ChatChunk&> &&
             (std::is_void_v<std::invoke_result_t<F&, const ChatChunk&>> ||
              std::same_as<std::invoke_result_t<F&, const ChatChunk&>, bool>))
        ChunkCallback(F&& callback) {  // NOLINT(google-explicit-constructor)
        using Result = std::invoke_result_t<F&, const ChatChunk&>;
        std::function<Result(const ChatChunk&)> deliver(std::forward<F>(callback));
        if (!deliver) throw_empty();
        if constexpr (std::is_void_v<Result>) {
            deliver_ = [deliver = std::move(deliver)](const ChatChunk& chunk) {
                deliver(chunk);
                return true;
            };
        } else {
            deliver_ = std::move(deliver);
        }
    }

    /// False: no more, please.
    [[nodiscard]] bool operator()(const ChatChunk& chunk) const { return deliver_(chunk); }

private:
    [[noreturn]] static void throw_empty();

    std::function<bool(const ChatChunk&)> deliver_;
};

/// Anything that completes chats: a cloud service, a router, local inference (SPEC F1).
///
/// Whether calls may be made from several threads at once is said by each implementation; the
/// library's own allow it.
class CLOUD_BACKEND_EXPORT ChatBackend {
public:
    virtual ~ChatBackend();

    /// Asks for a whole answer and waits for it. Throws `Error` (see error.hpp).
    virtual ChatCompletion chat_completion(const ChatRequest& request,
                                           const CallOptions& options = {}) = 0;

    /// Streams the answer to `on_chunk`, on the calling thread, and returns it whole. No chunk is
    /// delivered twice; after the first one the request is not sent again (SPEC R7). An answer that
    /// breaks off is an error that carries what was delivered (`Error::partial()`).
    virtual ChatCompletion chat_completion(const ChatRequest& request,
                                           const ChunkCallback& on_chunk,
                                           const CallOptions& options = {}) = 0;

    /// The error that a call for `model` would end with at once if it were made now, nothing having
    /// been sent, such as an open circuit; `retry_after` says for how long. Empty, as by default: a
    /// call would be tried. A router skips a backend by it at no cost (SPEC F1). Must be quick, may
    /// run beside calls of other threads, and must not throw.
    [[nodiscard]] virtual std::optional<ErrorDetails> unavailable(
        [[maybe_unused]] std::string_view model) const {
        return std::nullopt;
    }
};

}  // namespace cloud_backend
