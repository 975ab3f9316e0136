#include "core/redact.hpp"
#include "routing/router_metadata.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/model_router.hpp>

#include <utility>

namespace cloud_backend {

namespace {

constexpr const char* default_name = "default";

std::string quoted(std::string_view name) {
    constexpr std::size_t longest = 128;
    return '"' + detail::printable(name, longest) + '"';
}

ErrorDetails no_route(std::string_view model) {
    return {.code = ErrorCode::not_found, .message = "no route for model " + quoted(model)};
}

}  // namespace

ModelRouter::ModelRouter(ModelRoutes routes, Backends backends,
                         std::shared_ptr<ChatBackend> default_backend)
    : routes_(std::move(routes)),
      backends_(std::move(backends)),
      default_backend_(std::move(default_backend)) {
    for (const auto& [name, backend] : backends_) {
        if (backend == nullptr) throw ConfigError("the backend " + quoted(name) + " is null");
    }
    if (default_backend_ != nullptr && backends_.contains(default_name)) {
        throw ConfigError("there is a default backend, and another called \"default\"");
    }
    for (const ModelRoute& route : routes_.in_order()) {
        if (!backends_.contains(route.backend)) {
            throw ConfigError("the route for " + quoted(route.pattern.text()) +
                              " leads to an unknown backend, " + quoted(route.backend));
        }
    }
}

ModelRouter::~ModelRouter() = default;

ChatCompletion ModelRouter::chat_completion(const ChatRequest& request,
                                            const CallOptions& options) {
    return route(request, [&](ChatBackend& backend, const ChatRequest& routed) {
        return backend.chat_completion(routed, options);
    });
}

ChatCompletion ModelRouter::chat_completion(const ChatRequest& request,
                                            const ChunkCallback& on_chunk,
                                            const CallOptions& options) {
    return route(request, [&](ChatBackend& backend, const ChatRequest& routed) {
        return backend.chat_completion(routed, on_chunk, options);
    });
}

/// Copied, since a callback may destroy the router.
struct ModelRouter::Destination {
    std::shared_ptr<ChatBackend> backend{};  ///< Null: there is no route.
    std::string name{};
    std::string model{};
};

ModelRouter::Destination ModelRouter::destination_of(std::string_view model) const {
    const ModelRoute* const found = routes_.find(model);
    if (found == nullptr) return {default_backend_, default_name, std::string(model)};
    return {backends_.at(found->backend), found->backend,
            found->model.empty() ? std::string(model) : found->model};
}

template <class Ask>
ChatCompletion ModelRouter::route(const ChatRequest& request, const Ask& ask) const {
    const Destination destination = destination_of(request.model);
    if (destination.backend == nullptr) raise(no_route(request.model));
    const auto answer = [&](const ChatRequest& routed) {
        ChatCompletion completion = ask(*destination.backend, routed);
        detail::note_answer(completion.metadata, destination.name, destination.model);
        return completion;
    };
    if (destination.model == request.model) return answer(request);
    ChatRequest renamed = request;
    renamed.model = destination.model;
    return answer(renamed);
}

std::optional<ErrorDetails> ModelRouter::unavailable(std::string_view model) const {
    const Destination destination = destination_of(model);
    if (destination.backend == nullptr) return no_route(model);
    return destination.backend->unavailable(destination.model);
}

}  // namespace cloud_backend
