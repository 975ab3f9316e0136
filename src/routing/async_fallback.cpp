#include "routing/async_fallback.hpp"

#include "async/calls_in_flight.hpp"
#include "async/deliver.hpp"

#include <exception>
#include <utility>

namespace cloud_backend::detail {

namespace {

std::optional<HeldBackStream> stream_to(const PendingCall& caller) {
    if (caller.on_chunk() == nullptr) return std::nullopt;
    return HeldBackStream(*caller.on_chunk(), caller.stop_token());
}

}  // namespace

AsyncFallback::AsyncFallback(std::shared_ptr<const void> router,
                             const std::vector<FallbackBackend>& backends,
                             const FallbackOptions& router_options, ChatRequest request,
                             CallHandlers handlers, const CallOptions& options)
    : request_(std::move(request)),
      caller_(std::move(handlers), options.stop, std::move(router)),
      options_(with_stop(options, caller_.stop_token())),
      stream_(stream_to(caller_)),
      call_({backends, router_options, request_, options_, stream_ ? &*stream_ : nullptr}) {}

void AsyncFallback::start() {
    if (!ask_next()) (void)call_.result();
}

/// True: a backend was started, and the call is its handlers'.
bool AsyncFallback::ask_next() {
    while (const auto ask = call_.next()) {
        try {
            ask->backend->chat_completion_async(*ask->request, handlers_of_backend(), ask->options);
            return true;
        } catch (...) {
            call_.failed(std::current_exception());
        }
    }
    return false;
}

CallHandlers AsyncFallback::handlers_of_backend() {
    CallHandlers handlers{.on_done =
                              [self = shared_from_this()](ChatCompletion answer) {
                                  self->go_on([&] { self->call_.answered(std::move(answer)); });
                              },
                          .on_error =
                              [self = shared_from_this()](const std::exception_ptr& thrown) {
                                  self->go_on([&] { self->call_.failed(thrown); });
                              }};
    if (stream_) {
        handlers.on_chunk = [self = shared_from_this()](const ChatChunk& chunk) {
            const HandlerScope scope;  // The backend may be somebody else's.
            return self->stream_->take(chunk);
        };
    }
    return handlers;
}

template <class Feed>
void AsyncFallback::go_on(const Feed& feed) noexcept {
    const HandlerScope scope;
    ChatResult result;
    try {
        feed();
        if (ask_next()) return;
        result = call_.result();
    } catch (...) {
        result = std::current_exception();
    }
    caller_.finish(std::move(result));
}

}  // namespace cloud_backend::detail
