#pragma once

#include <cloud_backend/attempt.hpp>
#include <cloud_backend/metadata.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace cloud_backend {

struct Usage;

// Names with dots are those of OpenTelemetry's conventions.

/// The service a client asks. The views live until the hook returns.
struct ServerInfo {
    std::string_view provider{};  ///< `ClientOptions::provider`: `gen_ai.provider.name`.
    std::string_view address{};   ///< Host, lower case: `server.address`.
    std::uint16_t port = 0;       ///< `server.port`.
};

/// Which call a hook is told of. The views live until the hook returns.
struct CallInfo {
    std::uint64_t id = 0;          ///< Of no other call of this process.
    std::string_view operation{};  ///< `gen_ai.operation.name`, such as "chat"; may be empty.
    std::string_view model{};      ///< `gen_ai.request.model`; empty if none is named.
    ServerInfo server{};
    std::string_view traceparent{};  ///< The header that the caller gave the call, or empty.
};

/// What is known of an answer; what has not come is empty. The views live until the hook returns,
/// those of `ResponseReader::answer` until the reader changes. `Usage` is in chat_completion.hpp.
struct AnswerInfo {
    std::string_view id{};             ///< `gen_ai.response.id`.
    std::string_view model{};          ///< `gen_ai.response.model`.
    std::string_view finish_reason{};  ///< Of the first choice; `gen_ai.response.finish_reasons`.
    const Usage* usage = nullptr;      ///< `gen_ai.usage`; null: the server has not said.
};

/// How a call went.
struct CallSummary {
    /// Empty: it succeeded, or was stopped by its callback. `ErrorCode::cancelled` also where a
    /// callback threw, whatever it was.
    std::optional<ErrorCode> error{};
    const CallMetadata& metadata;  ///< Also of a call that failed; until the hook returns.
    AnswerInfo answer{};
};

}  // namespace cloud_backend
