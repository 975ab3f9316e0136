#pragma once

#include <cloud_backend/chat.hpp>
#include <cloud_backend/chunk_callback.hpp>
#include <cloud_backend/export.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace cloud_backend {

/// What an asynchronous call tells, one after the other. Exactly one of `on_done` and `on_error` is
/// called, once, as the last; either may be left empty.
///
/// They run on the thread that drives the call, which drives others too: they are to return soon.
/// They may start, cancel and let go of calls, and destroy the backend; waiting for a call of the
/// same thread would wait for ever. They are destroyed on that thread after the last one. While
/// another thread destroys the backend, a call they start is refused with `CancelledError`; once it
/// is destroyed they must not use it.
struct CallHandlers {
    /// Set: the answer is streamed to it. What it throws ends the call, and goes to `on_error`.
    std::optional<ChunkCallback> on_chunk{};
    /// The whole answer, also when it was streamed. What it throws is dropped.
    std::function<void(ChatCompletion)> on_done{};
    /// What the blocking form would have thrown. What it throws is dropped.
    std::function<void(std::exception_ptr)> on_error{};
};

/// A call in flight. Copies stand for the same call; it runs on when all of them are gone.
/// Thread-safe, as a `shared_ptr` is.
class CLOUD_BACKEND_EXPORT CallHandle {
public:
    /// Of no call: done.
    CallHandle() = default;

    /// Ends the call with `CancelledError`, soon; nothing if it is done. From any thread.
    void cancel() const noexcept;
    /// The last handler has returned.
    [[nodiscard]] bool done() const noexcept;
    /// Waits until it is done. Not from a handler: see `CallHandlers`.
    void wait() const;
    /// The same, but for `longest` at most; whether it is done.
    [[nodiscard]] bool wait_for(std::chrono::milliseconds longest) const;

private:
    friend class CallSource;
    struct State;
    explicit CallHandle(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_{};
};

/// The other side of a handle, for whoever makes the call. Copies stand for the same call.
/// Thread-safe, as a `shared_ptr` is.
class CLOUD_BACKEND_EXPORT CallSource {
public:
    /// A request of `stop` cancels the call as its handle does.
    explicit CallSource(const std::stop_token& stop = {});

    /// The side of it that is handed out.
    [[nodiscard]] CallHandle handle() const { return CallHandle(state_); }
    /// Requested when the call is to be cancelled, by whatever.
    [[nodiscard]] std::stop_token stop_token() const noexcept;
    /// The last handler has returned: wakes who waits.
    void set_done() const noexcept;

private:
    std::shared_ptr<CallHandle::State> state_;
};

}  // namespace cloud_backend
