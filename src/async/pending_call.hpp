#pragma once

#include "async/deliver.hpp"

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/options.hpp>

#include <memory>
#include <stop_token>
#include <utility>

namespace cloud_backend::detail {

/// `options`, cancelled by another token.
[[nodiscard]] inline CallOptions with_stop(CallOptions options, std::stop_token stop) {
    options.stop = std::move(stop);
    return options;
}

/// An asynchronous call that is made of others, as its caller knows it.
class PendingCall {
public:
    /// A request of `stop` cancels it. `kept` is what the call needs; it is kept until it is done.
    PendingCall(CallHandlers handlers, const std::stop_token& stop,
                std::shared_ptr<const void> kept);
    PendingCall(const PendingCall&) = delete;
    PendingCall& operator=(const PendingCall&) = delete;
    /// Done without a word, unless it is already: nothing was started.
    ~PendingCall() { close(); }

    [[nodiscard]] CallHandle handle() const { return source_.handle(); }
    [[nodiscard]] std::stop_token stop_token() const noexcept { return source_.stop_token(); }
    /// Null: the whole answer is asked for.
    [[nodiscard]] const ChunkCallback* on_chunk() const noexcept;

    /// Tells the last handler. Then handlers and what was kept go, before the call is done: whoever
    /// waits for it may destroy the rest.
    void finish(ChatResult result) noexcept;

private:
    void close() noexcept;

    CallSource source_;
    CallHandlers handlers_;
    std::shared_ptr<const void> kept_;
};

}  // namespace cloud_backend::detail
