#include "routing/async_hedge.hpp"

#include "async/calls_in_flight.hpp"
#include "async/deliver.hpp"
#include "failures.hpp"

#include <functional>
#include <stop_token>
#include <utility>

namespace cloud_backend::detail {

namespace {

void tell(const HedgingOptions& options, const Hedge& hedge) {
    if (!options.on_hedge) return;
    try {
        options.on_hedge(hedge);
    } catch (...) {  // NOLINT(bugprone-empty-catch): as HedgingOptions says.
    }
}

}  // namespace

CallHandle drive_by_backend(ChatBackend& backend, const ChatRequest& request, CallHandlers handlers,
                            const CallOptions& options) {
    return backend.chat_completion_async(request, std::move(handlers), options);
}

CallHandle drive_by_own_thread(ChatBackend& backend, const ChatRequest& request,
                               CallHandlers handlers, const CallOptions& options) {
    return backend.ChatBackend::chat_completion_async(request, std::move(handlers), options);
}

AsyncHedge::Runner::Runner(AsyncHedge& call, Side side)
    : source(call.caller_.stop_token()),
      deliver([&call, side](const ChatChunk& chunk) {
          return call.gave(side) && (*call.caller_.on_chunk())(chunk);
      }),
      stream(deliver, source.stop_token()) {}

AsyncHedge::AsyncHedge(const std::shared_ptr<Hedging>& hedging, ChatRequest request,
                       CallHandlers handlers, const CallOptions& options, AskAsync& ask_async)
    : ask_async_(ask_async),
      hedging_(hedging),
      request_(std::move(request)),
      caller_(std::move(handlers), options.stop, hedging),
      is_streamed_(caller_.on_chunk() != nullptr),
      options_(with_stop(options, caller_.stop_token())),
      runners_{Runner(*this, Side::primary), Runner(*this, Side::secondary)},
      call_({hedging->backends, hedging->options,
             is_streamed_ ? hedging->streamed_times : hedging->plain_times, hedging->budget,
             request_, options_}) {}

// --- asking -------------------------------------------------------------------------------------

void AsyncHedge::start(Hedging& hedging) {
    const auto first = call_.begin();
    if (first) {
        try {
            ask(*first);
            await_hedge(hedging);
            return;
        } catch (...) {
            call_.failed(first->side, failure_of_backend(std::current_exception()));
        }
    }
    (void)call_.result();
}

/// Does not throw: the call has begun.
void AsyncHedge::await_hedge(Hedging& hedging) {
    try {
        std::optional<Duration> wait;
        {
            const std::lock_guard lock(mutex_);
            wait = call_.hedge_in();
        }
        if (!wait) return;
        auto hedge = [call = weak_from_this()] {
            if (const auto self = call.lock()) self->hedge();
        };
        if (hedging.options.run_after) {
            hedging.options.run_after(*wait, std::move(hedge));
        } else {
            hedging.timer.run_after(*wait, std::move(hedge));
        }
    } catch (...) {  // NOLINT(bugprone-empty-catch): the primary goes on alone.
    }
}

void AsyncHedge::hedge() noexcept {
    const HandlerScope scope;
    const auto hedging = hedging_.lock();
    if (!hedging) return;
    std::optional<HedgedCall::Ask> second;
    Hedge description;
    try {
        const std::lock_guard lock(mutex_);
        second = call_.hedge();
        if (second) description = call_.description();
    } catch (...) {  // NOLINT(bugprone-empty-catch): the primary goes on alone.
    }
    if (!second) return;
    tell(hedging->options, description);
    try {
        ask(*second);
    } catch (...) {
        failed(second->side, std::current_exception());
    }
}

void AsyncHedge::ask(const HedgedCall::Ask& ask) {
    const AskBackend& what = ask.what;
    ask_async_(*what.backend, *what.request, handlers_of(ask.side),
               with_stop(what.options, runner(ask.side).source.stop_token()));
}

CallHandlers AsyncHedge::handlers_of(Side side) {
    CallHandlers handlers{
        .on_done = [self = shared_from_this(),
                    side](ChatCompletion answer) { self->answered(side, std::move(answer)); },
        .on_error = [self = shared_from_this(),
                     side](const std::exception_ptr& thrown) { self->failed(side, thrown); }};
    if (is_streamed_) {
        handlers.on_chunk = [self = shared_from_this(), side](const ChatChunk& chunk) {
            const HandlerScope scope;  // The backend may be somebody else's.
            return self->runner(side).stream.take(chunk);
        };
    }
    return handlers;
}

// --- what comes of it ---------------------------------------------------------------------------

bool AsyncHedge::gave(Side side) {
    bool is_its_call = false;
    std::optional<Side> slower;
    {
        const std::lock_guard lock(mutex_);
        is_its_call = call_.gave(side);
        slower = loser();
    }
    cancel(slower);
    return is_its_call;
}

void AsyncHedge::answered(Side side, ChatCompletion answer) noexcept {
    const HandlerScope scope;
    try {
        if (is_streamed_) runner(side).stream.complete(answer);
    } catch (...) {
        failed(side, std::current_exception());
        return;
    }
    go_on(side, [&] { call_.answered(side, std::move(answer)); });
}

void AsyncHedge::failed(Side side, const std::exception_ptr& thrown) noexcept {
    go_on(side, [&] {
        const HeldBackStream& stream = runner(side).stream;
        if (stream.thrown()) {
            call_.threw(stream.thrown());
            return;
        }
        ErrorDetails failure = failure_of_backend(thrown);
        stream.correct(failure);
        call_.failed(side, std::move(failure));
    });
}

/// What `feed` tells the machine ends the call of one backend, and perhaps that of the caller.
template <class Feed>
void AsyncHedge::go_on(Side side, const Feed& feed) noexcept {
    const HandlerScope scope;
    std::shared_ptr<ChatBackend> let_go;  // Without the lock: it may be the last owner.
    std::optional<Side> slower;
    std::optional<ChatResult> result;
    {
        const std::lock_guard lock(mutex_);
        let_go = std::move(runner(side).kept_backend);
        if (call_.is_done()) return;
        try {
            feed();
            slower = loser();
            if (call_.is_done()) result = call_.result();
        } catch (...) {
            call_.broke(side, std::current_exception());
            slower = loser();
            if (call_.is_done()) result = std::current_exception();
        }
    }
    cancel(slower);
    if (result) caller_.finish(std::move(*result));
}

/// Under the mutex. Its backend must live until its call is over, which may be after this one.
std::optional<Side> AsyncHedge::loser() {
    const auto side = call_.to_cancel();
    if (!side) return std::nullopt;
    if (const auto hedging = hedging_.lock()) {
        runner(*side).kept_backend = hedging->backends[static_cast<std::size_t>(*side)].backend;
    }
    return side;
}

/// Without the mutex, which its handlers need.
void AsyncHedge::cancel(std::optional<Side> side) const {
    if (side) runners_[static_cast<std::size_t>(*side)].source.handle().cancel();
}

}  // namespace cloud_backend::detail
