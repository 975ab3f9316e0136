#pragma once

#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/retry_budget.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace cloud_backend {

namespace detail {
class CallsInFlight;
struct Hedging;
}  // namespace detail

/// A second backend that is about to be asked. Valid while the hook runs.
struct Hedge {
    std::string_view primary{};    ///< It has said nothing yet,
    Duration waited{};             ///< for so long.
    std::string_view secondary{};  ///< It is asked too,
    std::string_view model{};      ///< for this.
};

/// What hedges may cost, and who is told of them.
struct HedgingOptions {
    /// A hedge takes `retry_cost`; a call that was answered without one gives back `refund`.
    RetryBudgetOptions budget{};
    /// Told each hedge on the timer's thread, maybe as its call ends. What it throws is dropped.
    std::function<void(const Hedge&)> on_hedge{};
    std::function<TimePoint()> now = Clock::now;  ///< Must be thread-safe.
    /// Runs a function once, after so long, on another thread; must be thread-safe. One that comes
    /// late, or never, does no harm. Empty: a thread of the backend's own, which begins with the
    /// first call that may need it.
    std::function<void(Duration, std::function<void()>)> run_after{};
};

/// Asks a second backend where the first is slower than it nearly always was, and takes the one
/// that is quicker: a slow answer in twenty costs a second request, not its wait.
///
/// The secondary is asked when the primary has given nothing for as long as 95 % of its last 100
/// calls took to give something, once there are 20 of them, while it is available and the budget
/// has a token. Plain and streamed calls are told apart: a plain call gives something when it is
/// answered, a stream with its first chunk that says something. Whoever gives something first has
/// the call: the other is cancelled, and nothing of it is delivered. If one fails meanwhile, the
/// call is the other's; if the primary fails while nobody else was asked, the call fails: asking
/// the next one then is what a `FallbackRouter` is for, in which this is a backend like any other.
///
/// An unavailable primary is skipped. Options of a call go to both backends. Thread-safe if the
/// backends are; it shares in owning them. A call keeps what it needs alive: its callback may
/// destroy this. Destroying it cancels its asynchronous calls, and waits for their ends for 50 ms
/// at most. A backend that was cancelled is kept until its call is over, which nobody waits for.
class CLOUD_BACKEND_EXPORT HedgedBackend final : public ChatBackend {
public:
    /// Throws `ConfigError` when a backend is null, has no name or the other's, maps a model to no
    /// name, if `now` is empty, or the budget holds a negative number or none.
    HedgedBackend(FallbackBackend primary, FallbackBackend secondary, HedgingOptions options = {});
    ~HedgedBackend() override;

    /// Who answered is in the metadata, and in its `failures` who was skipped, failed, or was
    /// cancelled for being slower. Throws what the backend ends with whose call it is; the
    /// primary's error, with the secondary's among its `failures`, when both fail;
    /// `AllBackendsFailedError` when none is available; `CancelledError` and `TimeoutError`.
    ///
    /// Each backend is asked in its blocking form, on a thread of the call's own.
    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options = {}) override;
    /// `on_chunk` runs on the calling thread, and the one that drives the backend waits for it.
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options = {}) override;
    /// Handlers run on the thread of either backend, or of the timer, never at the same time. What
    /// the call ends with before a backend has begun is thrown here.
    CallHandle chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                     const CallOptions& options = {}) override;
    /// When neither backend is available.
    [[nodiscard]] std::optional<ErrorDetails> unavailable(std::string_view model) const override;

private:
    std::shared_ptr<detail::Hedging> hedging_;
    std::shared_ptr<detail::CallsInFlight> calls_;
};

}  // namespace cloud_backend
