#pragma once

#include "async/pending_call.hpp"
#include "async/timer_thread.hpp"
#include "routing/first_event_times.hpp"
#include "routing/hedged_call.hpp"
#include "routing/held_back_stream.hpp"

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/chat.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/hedging.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/retry_budget.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace cloud_backend::detail {

/// How a backend is asked.
using AskAsync = CallHandle(ChatBackend&, const ChatRequest&, CallHandlers, const CallOptions&);
/// It drives the call itself, on a thread that its calls may have in common.
AskAsync drive_by_backend;
/// On a thread of the call's own, on which its handlers may block.
AskAsync drive_by_own_thread;

/// What the calls of a `HedgedBackend` share.
struct Hedging {
    Hedging(std::array<FallbackBackend, 2> both, HedgingOptions given)
        : backends(std::move(both)), options(std::move(given)) {}

    const std::array<FallbackBackend, 2> backends;
    const HedgingOptions options;
    FirstEventTimes plain_times{};
    FirstEventTimes streamed_times{};
    RetryBudget budget{options.budget};
    TimerThread timer{};
};

/// Drives a `HedgedCall` through the asynchronous forms of its backends, whose handlers own it.
///
/// Both may be at work, each on its thread: the machine is under a lock. User code is called and
/// backends are asked without it; only whether the second is available is asked under it. The
/// caller's handlers are called for one backend only, the one that has the call, and by the end of
/// the last.
class AsyncHedge : public std::enable_shared_from_this<AsyncHedge> {
public:
    AsyncHedge(const std::shared_ptr<Hedging>& hedging, ChatRequest request, CallHandlers handlers,
               const CallOptions& options, AskAsync& ask_async);

    [[nodiscard]] CallHandle handle() const { return caller_.handle(); }

    /// Throws what the call ends with if no backend could be started; no handler is called then.
    /// `hedging` is the one it was made with.
    void start(Hedging& hedging);

private:
    /// One of the two, as far as this call goes.
    struct Runner {
        Runner(AsyncHedge& call, Side side);

        CallSource source;      ///< Cancelled with the call, or alone.
        ChunkCallback deliver;  ///< To the caller, if the call is its.
        HeldBackStream stream;  ///< Through which the chunks go.
        /// Under the mutex: of one that was cancelled, until its call is over.
        std::shared_ptr<ChatBackend> kept_backend{};
    };

    void await_hedge(Hedging& hedging);
    void hedge() noexcept;
    void ask(const HedgedCall::Ask& ask);
    [[nodiscard]] CallHandlers handlers_of(Side side);
    [[nodiscard]] bool gave(Side side);
    void answered(Side side, ChatCompletion answer) noexcept;
    void failed(Side side, const std::exception_ptr& thrown) noexcept;
    template <class Feed>
    void go_on(Side side, const Feed& feed) noexcept;
    [[nodiscard]] std::optional<Side> loser();
    void cancel(std::optional<Side> side) const;
    [[nodiscard]] Runner& runner(Side side) { return runners_[static_cast<std::size_t>(side)]; }

    AskAsync& ask_async_;
    const std::weak_ptr<Hedging> hedging_;  ///< Not empty until the call is done.
    const ChatRequest request_;
    PendingCall caller_;
    const bool is_streamed_;
    const CallOptions options_;  ///< With the stop token of the call.
    std::array<Runner, 2> runners_;
    std::mutex mutex_{};
    HedgedCall call_;  ///< Under the mutex.
};

}  // namespace cloud_backend::detail
