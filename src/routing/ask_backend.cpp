#include "routing/ask_backend.hpp"

#include <algorithm>
#include <chrono>

namespace cloud_backend::detail {

namespace {

std::shared_ptr<const ChatRequest> renamed(const ChatRequest& request, std::string_view model) {
    if (model == request.model) return {std::shared_ptr<void>(), &request};
    auto copy = std::make_shared<ChatRequest>(request);
    copy->model = model;
    return copy;
}

}  // namespace

std::string_view model_for(const FallbackBackend& backend, std::string_view model) {
    const auto mapped = backend.models.find(model);
    if (mapped != backend.models.end()) return mapped->second;
    return backend.model.empty() ? model : std::string_view(backend.model);
}

AskBackend ask_for(const FallbackBackend& backend, const ChatRequest& request,
                   const CallOptions& options, const CallClock& clock) {
    using std::chrono::milliseconds;
    AskBackend ask{backend.backend, renamed(request, model_for(backend, request.model)), options};
    auto& deadline = ask.options.deadline;
    if (const auto left = clock.time_left(clock.now())) {
        deadline = std::chrono::ceil<milliseconds>(*left);
    }
    if (backend.deadline) {
        deadline = std::min(deadline.value_or(*backend.deadline), *backend.deadline);
    }
    return ask;
}

}  // namespace cloud_backend::detail
