#pragma once

#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/export.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend {

namespace detail {
class CallsInFlight;
}  // namespace detail

/// One of the backends of a router.
struct FallbackBackend {
    std::string name{};  ///< For metadata, errors and hooks.
    std::shared_ptr<ChatBackend> backend{};
    /// What models are called there, by their name in the request.
    std::map<std::string, std::string, std::less<>> models{};
    /// Asked for in place of models that `models` does not name; empty: the request's own. Either
    /// replaces `ChatRequest::model`; one that hides in `ChatRequest::extra` goes unchanged.
    std::string model{};
    /// For each time it is asked, with all its retries, so that time is left for those behind it.
    std::optional<std::chrono::milliseconds> deadline{};
};

/// Which errors another backend may do better with (SPEC F2): connections that fail, timeouts,
/// servers that fail, answers that are cut or none, throttling, an open circuit, keys, quota and
/// models that are not accepted (401, 402, 403, 404), what a backend of one's own throws (a key
/// function of a client, too), requests or keys a backend will not send (`ConfigError`). Not a
/// request that a server calls wrong (400, 413, 422), nor a limit of this side that was passed.
struct CLOUD_BACKEND_EXPORT FallbackRule {
    bool context_length = false;  ///< When the prompt is too long for the model, too.
    bool content_filter = false;  ///< When the service refuses the prompt, too.

    /// Whether to ask the next backend after `error`. Thread-safe.
    [[nodiscard]] bool operator()(const ErrorDetails& error) const;
};

/// What a router does with one of its backends, told as it happens. Of each backend that is asked
/// one end is told. Valid while the hook runs.
struct FallbackDecision {
    /// What was decided.
    enum class Kind {
        skipped,  ///< Not asked: it is unavailable.
        asked,
        answered,   ///< The call ends with its answer.
        fell_back,  ///< It failed, and the next one is asked if there is one.
        gave_up,    ///< It failed, or the callback threw, and the call ends.
    };

    Kind kind{};
    std::string_view backend{};
    std::string_view model{};
    /// Of what was skipped or failed; else, and if the callback threw, null.
    const ErrorDetails* error = nullptr;
};

/// "skipped", "asked", "answered", "fell back", "gave up"
[[nodiscard]] CLOUD_BACKEND_EXPORT std::string_view to_string(FallbackDecision::Kind kind) noexcept;

/// How a `FallbackRouter` goes from one backend to the next.
struct FallbackOptions {
    /// Whether the next backend is asked after this error; must be thread-safe. A cancel, what the
    /// user's callback throws, and what fails after something was delivered end the call anyway.
    /// What it throws ends the call and passes through. An error whose retry `max_retry_wait` cuts
    /// short should be one to fall back on.
    std::function<bool(const ErrorDetails&)> should_fall_back = FallbackRule{};
    /// For each call, over all backends, unless the call has its own (SPEC F4). While there is one,
    /// what is left of it stands in for the deadlines in the options of clients. It stands still in
    /// the user's callback and in this router's hooks, not in those of its backends.
    std::optional<std::chrono::milliseconds> deadline{};
    /// With another backend available, none that failed or throttles is waited for longer than this
    /// before a retry. A `Retry-After` beyond it makes the endpoint be left alone that long (SPEC
    /// B5).
    std::chrono::milliseconds max_retry_wait{2'000};
    /// Told each decision, on the thread that drives the call; must be thread-safe. What it throws
    /// is dropped.
    std::function<void(const FallbackDecision&)> on_decision{};
    std::function<TimePoint()> now = Clock::now;  ///< Must be thread-safe.
};

/// Asks its backends in order until one answers (SPEC 10).
///
/// A backend that is unavailable is skipped at no cost. A stream is taken over by the next backend
/// as long as nothing of it was delivered: chunks that say nothing yet, as the one with the role,
/// are held back until one does. Never are chunks of two backends delivered. Routers nest.
///
/// Options of a call, its headers too, go to whichever backend is asked. Thread-safe if the
/// backends are; it shares in owning them. A call keeps what it needs alive: its callback may
/// destroy the router. Destroying it cancels its asynchronous calls, and waits for their ends for
/// 50 ms at most.
class CLOUD_BACKEND_EXPORT FallbackRouter final : public ChatBackend {
public:
    /// Throws `ConfigError` when there is no backend, or one is null, has no name or another's,
    /// maps a model to no name, or if a function of the options is missing or a time negative.
    explicit FallbackRouter(std::vector<FallbackBackend> backends, FallbackOptions options = {});
    ~FallbackRouter() override;

    /// Who answered is in the metadata. Throws `AllBackendsFailedError` when every backend was
    /// skipped or failed, but the first one's `ConfigError` if none would send the request; the
    /// error of a backend if that is none to fall back on, with what was delivered as its
    /// `partial()`; `CancelledError` and `TimeoutError`. `ErrorDetails::failures` has who was
    /// skipped or failed before.
    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options = {}) override;
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options = {}) override;
    /// The same: the first backend is asked, or all are skipped, before it returns; the others are
    /// asked on the threads of those that failed before them. Handlers run on the thread of the
    /// backend that is asked, hooks too, and hooks on the caller's until the first one is. A call
    /// in which none could be started ends with what is thrown here.
    CallHandle chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                     const CallOptions& options = {}) override;
    /// When none of the backends is available.
    [[nodiscard]] std::optional<ErrorDetails> unavailable(std::string_view model) const override;

private:
    struct Core;
    std::shared_ptr<const Core> core_;
    std::shared_ptr<detail::CallsInFlight> calls_;
};

}  // namespace cloud_backend
