#pragma once

#include "async/pending_call.hpp"
#include "routing/fallback_call.hpp"
#include "routing/held_back_stream.hpp"

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/chat.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/options.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace cloud_backend::detail {

/// Drives a `FallbackCall` through the asynchronous forms of its backends, whose handlers own it.
/// Whoever has asked a backend leaves it alone: the handlers may be running on another thread.
class AsyncFallback : public std::enable_shared_from_this<AsyncFallback> {
public:
    /// `router` keeps `backends` and `router_options` until the call is done.
    AsyncFallback(std::shared_ptr<const void> router, const std::vector<FallbackBackend>& backends,
                  const FallbackOptions& router_options, ChatRequest request, CallHandlers handlers,
                  const CallOptions& options);

    [[nodiscard]] CallHandle handle() const { return caller_.handle(); }

    /// Throws what the call ends with if no backend could be started; no handler is called then.
    void start();

private:
    [[nodiscard]] bool ask_next();
    [[nodiscard]] CallHandlers handlers_of_backend();
    template <class Feed>
    void go_on(const Feed& feed) noexcept;

    const ChatRequest request_;
    PendingCall caller_;
    const CallOptions options_;  ///< With the stop token of the call.
    std::optional<HeldBackStream> stream_{};
    FallbackCall call_;
};

}  // namespace cloud_backend::detail
