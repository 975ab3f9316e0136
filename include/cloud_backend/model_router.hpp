#pragma once

#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/model_routes.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cloud_backend {

namespace detail {
class CallsInFlight;
}  // namespace detail

/// Hands each request to the backend that the routes name for its model (SPEC F6). What the backend
/// throws comes back unchanged; the metadata of its answer says its name, "default" for the default
/// backend, and the model it was asked for.
///
/// The model is `ChatRequest::model`; one that hides in `ChatRequest::extra` is not looked at.
/// May be used by several threads at once if its backends may. A callback may destroy the router.
/// Destroying it cancels its asynchronous calls, and waits for their ends for 50 ms at most.
class CLOUD_BACKEND_EXPORT ModelRouter final : public ChatBackend {
public:
    /// Backends by the names that routes call them.
    using Backends = std::map<std::string, std::shared_ptr<ChatBackend>>;

    /// `default_backend` is asked for models that have no route. Without one that is a
    /// `NotFoundError`, and nothing is sent. Throws `ConfigError` for a null among the backends,
    /// for a route to a backend that is not among them, and for one called "default" beside a
    /// default backend.
    ModelRouter(ModelRoutes routes, Backends backends,
                std::shared_ptr<ChatBackend> default_backend = nullptr);
    ~ModelRouter() override;

    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options = {}) override;
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options = {}) override;
    /// Handlers run on the backend's thread.
    CallHandle chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                     const CallOptions& options = {}) override;

    /// When the backend of the model's route is; also for a model without a route.
    [[nodiscard]] std::optional<ErrorDetails> unavailable(std::string_view model) const override;

    /// Its routes. They live as long as the router.
    [[nodiscard]] const ModelRoutes& routes() const noexcept { return routes_; }

private:
    struct Destination;
    [[nodiscard]] Destination destination_of(std::string_view model) const;
    template <class Ask>
    ChatCompletion route(const ChatRequest& request, const Ask& ask) const;

    ModelRoutes routes_;
    Backends backends_;
    std::shared_ptr<ChatBackend> default_backend_;
    std::shared_ptr<detail::CallsInFlight> calls_;
};

}  // namespace cloud_backend
