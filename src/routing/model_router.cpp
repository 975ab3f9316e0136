#include "async/calls_in_flight.hpp"
#include "async/pending_call.hpp"
#include "core/redact.hpp"
#include "failures.hpp"
#include "routing/router_metadata.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/model_router.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace cloud_backend {

namespace {

constexpr const char* default_name = "default";

std::string in_quotes(std::string_view name) {
    constexpr std::size_t longest = 128;
    return '"' + detail::printable(name, longest) + '"';
}

ErrorDetails no_route(std::string_view model) {
    return {.code = ErrorCode::not_found, .message = "no route for model " + in_quotes(model)};
}

}  // namespace

ModelRouter::ModelRouter(ModelRoutes routes, Backends backends,
                         std::shared_ptr<ChatBackend> default_backend)
    : routes_(std::move(routes)),
      backends_(std::move(backends)),
      default_backend_(std::move(default_backend)),
      calls_(std::make_shared<detail::CallsInFlight>()) {
    for (const auto& [name, backend] : backends_) {
        if (backend == nullptr) throw ConfigError("the backend " + in_quotes(name) + " is null");
    }
    if (default_backend_ != nullptr && backends_.contains(default_name)) {
        throw ConfigError("there is a default backend, and another called \"default\"");
    }
    for (const ModelRoute& route : routes_.in_order()) {
        if (!backends_.contains(route.backend)) {
            throw ConfigError("the route for " + in_quotes(route.pattern.text()) +
                              " leads to an unknown backend, " + in_quotes(route.backend));
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

    /// Calls `ask` with the request as the backend is to see it.
    template <class Ask>
    auto with_request(const ChatRequest& request, const Ask& ask) const {
        if (model == request.model) return ask(request);
        ChatRequest renamed = request;
        renamed.model = model;
        return ask(renamed);
    }
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
    return destination.with_request(request, [&](const ChatRequest& routed) {
        ChatCompletion completion = ask(*destination.backend, routed);
        detail::note_answer(completion.metadata, destination.name, destination.model);
        return completion;
    });
}

CallHandle ModelRouter::chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                              const CallOptions& options) {
    const Destination destination = destination_of(request.model);
    if (destination.backend == nullptr) raise(no_route(request.model));
    const auto caller = std::make_shared<detail::PendingCall>(std::move(handlers), options.stop,
                                                              destination.backend);
    CallHandle handle = caller->handle();
    if (!calls_->add(handle)) raise(detail::cancellation());
    CallHandlers for_backend{
        .on_done =
            [caller, name = destination.name, model = destination.model](ChatCompletion answer) {
                detail::note_answer(answer.metadata, name, model);
                caller->finish(std::move(answer));
            },
        .on_error = [caller](std::exception_ptr error) { caller->finish(std::move(error)); }};
    if (caller->on_chunk() != nullptr) {
        for_backend.on_chunk = [caller](const ChatChunk& chunk) {
            const detail::HandlerScope scope;  // The backend may be somebody else's.
            return (*caller->on_chunk())(chunk);
        };
    }
    CallOptions cancellable = options;
    cancellable.stop = caller->stop_token();
    destination.with_request(request, [&](const ChatRequest& routed) {
        return destination.backend->chat_completion_async(routed, std::move(for_backend),
                                                          cancellable);
    });
    return handle;
}

std::optional<ErrorDetails> ModelRouter::unavailable(std::string_view model) const {
    const Destination destination = destination_of(model);
    if (destination.backend == nullptr) return no_route(model);
    return destination.backend->unavailable(destination.model);
}

}  // namespace cloud_backend
