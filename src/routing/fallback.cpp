#include "async/calls_in_flight.hpp"
#include "failures.hpp"
#include "routing/async_fallback.hpp"
#include "routing/backend_checks.hpp"
#include "routing/fallback_call.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/fallback.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace cloud_backend {

namespace {

/// The machine on the caller's thread.
ChatCompletion run(const detail::FallbackPlan& plan) {
    detail::FallbackCall call(plan);
    const auto answer_to = [&](const detail::AskBackend& ask) {
        if (plan.stream == nullptr) return ask.backend->chat_completion(*ask.request, ask.options);
        const auto take = [&](const ChatChunk& chunk) { return plan.stream->take(chunk); };
        return ask.backend->chat_completion(*ask.request, take, ask.options);
    };
    while (const auto ask = call.next()) {
        std::optional<ChatCompletion> answer;
        try {
            answer = answer_to(*ask);
        } catch (...) {
            call.failed(std::current_exception());
        }
        if (answer) call.answered(std::move(*answer));
    }
    return call.result();
}

}  // namespace

std::string_view to_string(FallbackDecision::Kind kind) noexcept {
    switch (kind) {
        case FallbackDecision::Kind::skipped:
            return "skipped";
        case FallbackDecision::Kind::asked:
            return "asked";
        case FallbackDecision::Kind::answered:
            return "answered";
        case FallbackDecision::Kind::fell_back:
            return "fell back";
        case FallbackDecision::Kind::gave_up:
            return "gave up";
    }
    return {};
}

struct FallbackRouter::Core {
    std::vector<FallbackBackend> backends;
    FallbackOptions options;
};

FallbackRouter::FallbackRouter(std::vector<FallbackBackend> backends, FallbackOptions options)
    : core_(std::make_shared<const Core>(Core{std::move(backends), std::move(options)})),
      calls_(std::make_shared<detail::CallsInFlight>()) {
    if (core_->backends.empty()) throw ConfigError("a FallbackRouter needs a backend");
    detail::check_backends(core_->backends);
    if (!core_->options.should_fall_back || !core_->options.now) {
        throw ConfigError("a function of FallbackOptions that is needed is empty");
    }
    if (core_->options.max_retry_wait < std::chrono::milliseconds::zero()) {
        throw ConfigError("FallbackOptions::max_retry_wait is negative");
    }
}

FallbackRouter::~FallbackRouter() = default;

ChatCompletion FallbackRouter::chat_completion(const ChatRequest& request,
                                               const CallOptions& options) {
    const auto core = core_;  // A hook may destroy this router.
    return run({core->backends, core->options, request, options});
}

ChatCompletion FallbackRouter::chat_completion(const ChatRequest& request,
                                               const ChunkCallback& on_chunk,
                                               const CallOptions& options) {
    const auto core = core_;  // The callback may destroy this router.
    detail::HeldBackStream stream(on_chunk, options.stop);
    return run({core->backends, core->options, request, options, &stream});
}

CallHandle FallbackRouter::chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                                 const CallOptions& options) {
    const auto call = std::make_shared<detail::AsyncFallback>(
        core_, core_->backends, core_->options, request, std::move(handlers), options);
    CallHandle handle = call->handle();
    if (!calls_->add(handle)) raise(detail::cancellation());
    call->start();  // From here on a handler may destroy this router.
    return handle;
}

std::optional<ErrorDetails> FallbackRouter::unavailable(std::string_view model) const {
    return detail::all_unavailable(core_->backends, model);
}

}  // namespace cloud_backend
