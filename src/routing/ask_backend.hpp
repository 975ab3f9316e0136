#pragma once

#include "call_clock.hpp"

#include <cloud_backend/chat.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/options.hpp>

#include <memory>
#include <string_view>

namespace cloud_backend::detail {

/// A backend to ask, and what. Only the backend is kept alive by it.
struct AskBackend {
    std::shared_ptr<ChatBackend> backend{};
    std::shared_ptr<const ChatRequest> request{};
    CallOptions options{};
};

/// What the backend is asked for in place of `model`.
[[nodiscard]] std::string_view model_for(const FallbackBackend& backend, std::string_view model);

/// The request under the backend's name for its model, with the time that `clock` has left (SPEC
/// F4).
[[nodiscard]] AskBackend ask_for(const FallbackBackend& backend, const ChatRequest& request,
                                 const CallOptions& options, const CallClock& clock);

}  // namespace cloud_backend::detail
