#pragma once

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/chat.hpp>
#include <cloud_backend/chat_stream.hpp>
#include <cloud_backend/chunk_callback.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/options.hpp>

#include <future>
#include <optional>
#include <string_view>

namespace cloud_backend {

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

    /// Starts a call and returns; what comes of it goes to `handlers`, on another thread (see
    /// `CallHandlers`), with the same retries, deadlines and errors as in the forms above. What it
    /// would end with at once, such as `ConfigError`, may be thrown instead, and then no handler is
    /// called. `request` and `options` need not outlive this call, since the handlers may end it.
    /// By default the blocking form is called on a thread of the call's own, and the backend must
    /// outlive it; the library's own backends cancel their calls when they are destroyed.
    virtual CallHandle chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                             const CallOptions& options = {});

    /// The same for those who wait with a future. Letting go of it does not cancel the call.
    [[nodiscard]] std::future<ChatCompletion> chat_completion_future(
        const ChatRequest& request, const CallOptions& options = {});

    /// Streams the answer to whoever pulls it: `for (const ChatChunk& c :
    /// backend.stream(request))`. What it would end with at once, such as `ConfigError`, may be
    /// thrown here. By default the blocking form is called on a thread of the call's own, and the
    /// backend must outlive the stream.
    [[nodiscard]] virtual ChatStream stream(const ChatRequest& request,
                                            const CallOptions& options = {});

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
