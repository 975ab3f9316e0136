#include "core/redact.hpp"
#include "core/router_metadata.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/model_router.hpp>

#include <utility>

namespace cloud_backend {

namespace {

std::string quoted(const std::string& name) {
    constexpr std::size_t longest = 128;
    return '"' + detail::printable(name, longest) + '"';
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

template <class Ask>
ChatCompletion ModelRouter::route(const ChatRequest& request, const Ask& ask) const {
    const ModelRoute* const found = routes_.find(request.model);
    // Shared, since a callback may destroy the router.
    const auto backend = found == nullptr ? default_backend_ : backends_.at(found->backend);
    if (backend == nullptr) {
        raise({.code = ErrorCode::not_found,
               .message = "no route for model " + quoted(request.model)});
    }
    const std::string name = found == nullptr ? "default" : found->backend;
    const auto answer = [&](const ChatRequest& routed) {
        ChatCompletion completion = ask(*backend, routed);
        detail::note_answer(completion.metadata, name, routed.model);
        return completion;
    };
    if (found == nullptr || found->model.empty()) return answer(request);
    ChatRequest renamed = request;
    renamed.model = found->model;
    return answer(renamed);
}

}  // namespace cloud_backend
