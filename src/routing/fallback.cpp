#include "routing/fallback_call.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/fallback.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace cloud_backend {

namespace {

void check(const std::vector<FallbackBackend>& backends) {
    if (backends.empty()) throw ConfigError("a FallbackRouter needs a backend");
    for (const FallbackBackend& backend : backends) {
        if (backend.name.empty()) throw ConfigError("a backend of a FallbackRouter has no name");
        if (!backend.backend) throw ConfigError("backend \"" + backend.name + "\" is null");
        const bool unnamed = std::ranges::any_of(
            backend.models, [](const auto& mapped) { return mapped.second.empty(); });
        if (unnamed) {
            throw ConfigError("backend \"" + backend.name + "\" maps a model to an empty name");
        }
        if (std::ranges::count(backends, backend.name, &FallbackBackend::name) > 1) {
            throw ConfigError("there are two backends called \"" + backend.name + '"');
        }
    }
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
    : core_(std::make_shared<const Core>(Core{std::move(backends), std::move(options)})) {
    check(core_->backends);
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
    return detail::FallbackCall({core->backends, core->options, request, options}).run();
}

ChatCompletion FallbackRouter::chat_completion(const ChatRequest& request,
                                               const ChunkCallback& on_chunk,
                                               const CallOptions& options) {
    const auto core = core_;  // The callback may destroy this router.
    detail::HeldBackStream stream(on_chunk, options.stop);
    return detail::FallbackCall({core->backends, core->options, request, options, &stream}).run();
}

std::optional<ErrorDetails> FallbackRouter::unavailable(std::string_view model) const {
    std::vector<BackendFailure> failures;
    Duration earliest = Duration::max();
    for (const FallbackBackend& backend : core_->backends) {
        const std::string_view own_model = detail::model_for(backend, model);
        auto refusal = backend.backend->unavailable(own_model);
        if (!refusal) return std::nullopt;
        earliest = std::min(earliest, detail::wait_after(*refusal));
        failures.push_back({.backend = backend.name,
                            .model = std::string(own_model),
                            .error = std::make_shared<const ErrorDetails>(std::move(*refusal))});
    }
    return detail::all_failed(std::move(failures), earliest);
}

}  // namespace cloud_backend
