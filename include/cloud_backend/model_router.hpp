#pragma once

#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/model_routes.hpp>

#include <map>
#include <memory>
#include <string>

namespace cloud_backend {

/// Hands each request to the backend that the routes name for its model (SPEC F6). What the backend
/// throws comes back unchanged; the metadata of its answer says its name, "default" for the default
/// backend, and the model it was asked for.
///
/// The model is `ChatRequest::model`; one that hides in `ChatRequest::extra` is not looked at.
/// May be used by several threads at once if its backends may.
class CLOUD_BACKEND_EXPORT ModelRouter : public ChatBackend {
public:
    using Backends = std::map<std::string, std::shared_ptr<ChatBackend>>;

    /// `default_backend` is asked for models that have no route. Without one that is a
    /// `NotFoundError`, and nothing is sent. Throws `ConfigError` for a null among the backends,
    /// and for a route to a backend that is not among them.
    ModelRouter(ModelRoutes routes, Backends backends,
                std::shared_ptr<ChatBackend> default_backend = nullptr);
    ~ModelRouter() override;

    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options = {}) override;
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options = {}) override;

    [[nodiscard]] const ModelRoutes& routes() const noexcept { return routes_; }

private:
    template <class Ask>
    ChatCompletion route(const ChatRequest& request, const Ask& ask) const;

    ModelRoutes routes_;
    Backends backends_;
    std::shared_ptr<ChatBackend> default_backend_;
};

}  // namespace cloud_backend
