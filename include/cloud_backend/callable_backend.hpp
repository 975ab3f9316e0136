#pragma once

#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/export.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace cloud_backend {

namespace detail {
class CallsInFlight;
}  // namespace detail

/// Local inference, or anything else that can be called, as a backend (SPEC F1).
///
/// A function that streams serves plain calls too, and one that completes serves streams, in one
/// chunk. Whatever it has given when it returns is the answer: no finish reason is asked for. It is
/// called on the caller's thread, or on one of the call's own; several calls at once need one that
/// is thread-safe. A call keeps what it needs alive: its callback may destroy the backend. Who
/// destroys it cancels its asynchronous calls, and waits for their ends for 50 ms at most.
class CLOUD_BACKEND_EXPORT CallableBackend final : public ChatBackend {
public:
    /// Gives the answer to `on_chunk`, piece by piece, on the thread it was called on, and returns
    /// when it is whole. Where `on_chunk` returns false it is to return soon: the caller stopped or
    /// cancelled, or the deadline has passed, and what is given then goes nowhere.
    using Stream = std::function<void(const ChatRequest& request, const ChunkCallback& on_chunk,
                                      const CallOptions& options)>;
    /// Returns the whole answer.
    using Complete =
        std::function<ChatCompletion(const ChatRequest& request, const CallOptions& options)>;

    /// `now` tells the time for deadlines and metadata. Throws `ConfigError` for an empty function.
    template <class F>
    requires std::convertible_to<F, Stream> && std::is_void_v<
        std::invoke_result_t<F&, const ChatRequest&, const ChunkCallback&, const CallOptions&>>
    explicit CallableBackend(F function, std::function<TimePoint()> now = Clock::now)
        : CallableBackend(Stream(std::move(function)), FromStream{}, std::move(now)) {}
    /// The same, of a function that completes.
    explicit CallableBackend(Complete complete, std::function<TimePoint()> now = Clock::now);
    ~CallableBackend() override;

    /// What the function throws becomes a `BackendError` unless it is an `Error`, with what was
    /// delivered as its `partial()`. A cancel or a passed deadline is seen before the function is
    /// called, at each chunk and at the end: `CancelledError`, `TimeoutError`.
    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options = {}) override;
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options = {}) override;
    /// Each call has a thread of its own, on which the function and the handlers are called.
    CallHandle chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                     const CallOptions& options = {}) override;

private:
    struct FromStream {};
    CallableBackend(Stream function, FromStream, std::function<TimePoint()> now);

    struct Core;
    std::shared_ptr<const Core> core_;
    std::shared_ptr<detail::CallsInFlight> calls_;
};

}  // namespace cloud_backend
