#pragma once

#include "arguments.hpp"
#include "batch_request.hpp"

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/openai.hpp>

#include <memory>
#include <optional>
#include <stop_token>

namespace cloud_batch {

/// Who answers: a server, and others when it cannot.
class Service {
public:
    /// Throws ConfigError for settings that must not be used.
    explicit Service(const Arguments& arguments);

    /// Starts a call. Bodies are sent byte for byte but for `stream`; with a fallback the values of
    /// their members are, in a body that is written anew, for `model` may be another's there.
    void ask(const BatchRequest& request, cloud_backend::CallHandlers handlers,
             const std::stop_token& stop);
    /// For how long no call would be tried; empty when one would be now.
    [[nodiscard]] std::optional<cloud_backend::Duration> unavailable_for() const;

private:
    std::shared_ptr<cloud_backend::OpenAICloudBackend> server_;
    std::unique_ptr<cloud_backend::FallbackRouter> router_{};
};

}  // namespace cloud_batch
