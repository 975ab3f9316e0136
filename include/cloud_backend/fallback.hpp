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

/// One of the backends of a router.
struct FallbackBackend {
    std::string name{};  ///< For metadata, errors and hooks.
    std::shared_ptr<ChatBackend> backend{};
    /// What models are called there, by their name in the request.
    std::map<std::string, std::string, std::less<>> models{};
    /// Asked for in place of models that `models` does not name; empty: the request's own.
    std::string model{};
};

/// Which errors another backend may do better with (SPEC F2): connections that fail, timeouts,
/// servers that fail, answers that are cut or none, throttling, an open circuit, keys, quota and
/// models that are not accepted (401, 402, 403, 404), what a backend of one's own throws. Not a
/// request that is wrong (400, 413, 422), nor a limit of this side that was passed.
struct CLOUD_BACKEND_EXPORT FallbackRule {
    bool context_length = false;  ///< Also when the prompt is too long for the model.
    bool content_filter = false;  ///< Also when the service refuses the prompt.

    [[nodiscard]] bool operator()(const ErrorDetails& error) const;
};

/// What a router does with one of its backends, told as it happens. Valid while the hook runs.
struct FallbackDecision {
    enum class Kind {
        skipped,  ///< Not asked: it is unavailable.
        asked,
        answered,   ///< The call ends with its answer.
        fell_back,  ///< It failed, and the next one is asked if there is one.
        gave_up,    ///< It failed, and the call ends with its error.
    };

    Kind kind{};
    std::string_view backend{};
    std::string_view model{};
    const ErrorDetails* error = nullptr;  ///< Of what was skipped or failed; else null.
};

/// "skipped", "asked", "answered", "fell back", "gave up"
[[nodiscard]] CLOUD_BACKEND_EXPORT std::string_view to_string(FallbackDecision::Kind kind) noexcept;

struct FallbackOptions {
    /// Whether the next backend is asked after this error; must be thread-safe. A cancel, what the
    /// user's callback throws, and what fails after something was delivered end the call anyway.
    std::function<bool(const ErrorDetails&)> should_fall_back = FallbackRule{};
    /// For each call, over all backends, unless the call has its own (SPEC F4).
    std::optional<std::chrono::milliseconds> deadline{};
    /// With another backend available, none is waited for longer than this before a retry.
    std::chrono::milliseconds max_retry_wait{2'000};
    /// Told each decision on the caller's thread; must be thread-safe. What it throws is dropped.
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
/// destroy the router.
class CLOUD_BACKEND_EXPORT FallbackRouter final : public ChatBackend {
public:
    /// Throws `ConfigError` when there is no backend, or one is null, has no name or another's.
    explicit FallbackRouter(std::vector<FallbackBackend> backends, FallbackOptions options = {});
    ~FallbackRouter() override;

    /// Who answered is in the metadata. Throws `AllBackendsFailedError` when every backend was
    /// skipped or failed; the error of a backend if that is none to fall back on, with what was
    /// delivered as its `partial()`.
    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options = {}) override;
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options = {}) override;
    /// When none of the backends is available.
    [[nodiscard]] std::optional<ErrorDetails> unavailable() const override;

private:
    struct Core;
    std::shared_ptr<const Core> core_;
};

}  // namespace cloud_backend
