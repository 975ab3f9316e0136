#pragma once

#include <cloud_backend/async_call.hpp>

#include <cstddef>
#include <mutex>
#include <vector>

namespace cloud_backend::detail {

/// The asynchronous calls of a backend, which are not to outlive it. Thread-safe.
class CallsInFlight {
public:
    CallsInFlight() = default;
    CallsInFlight(const CallsInFlight&) = delete;
    CallsInFlight& operator=(const CallsInFlight&) = delete;
    ~CallsInFlight() { close(); }

    /// Before the call is started: its handlers may destroy the backend. False: it must not be.
    [[nodiscard]] bool add(CallHandle call);

    /// Cancels them, refuses others, and waits until they are done: 50 ms at most, for a handler
    /// may be slow, and not at all from inside a handler, whose own call cannot be done before it
    /// returns.
    void close() noexcept;

private:
    std::mutex mutex_{};
    std::vector<CallHandle> calls_{};  ///< With some that are done.
    std::size_t sweep_at_ = 64;
    bool closed_ = false;
};

/// While one lives, its thread runs a handler.
class HandlerScope {
public:
    HandlerScope() noexcept;
    ~HandlerScope();
    HandlerScope(const HandlerScope&) = delete;
    HandlerScope& operator=(const HandlerScope&) = delete;

    [[nodiscard]] static bool is_active() noexcept;
};

}  // namespace cloud_backend::detail
