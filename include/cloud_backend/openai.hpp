#pragma once

#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/client.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/raw_json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cloud_backend {

/// What a passthrough request overrides in its body.
struct RawRequestOptions {
    std::string_view model{};  ///< Replaces the body's `model` unless empty.
};

/// Chat completions of OpenAI and of every service that speaks its protocol.
///
/// Thread-safe, see `CloudBackendClient`.
class CLOUD_BACKEND_EXPORT OpenAICloudBackend : public CloudBackendClient, public ChatBackend {
public:
    /// Throws `ConfigError` for options that must not be used (SPEC T11).
    explicit OpenAICloudBackend(ClientOptions options);
    ~OpenAICloudBackend() override;

    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options = {}) override;
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options = {}) override;
    using CloudBackendClient::unavailable;
    /// Whatever the model.
    [[nodiscard]] std::optional<ErrorDetails> unavailable(std::string_view model) const override;

    /// Sends `body`, a whole request as JSON text, with its key order and unknown fields kept; only
    /// `stream`, and `model` if one is named, are overridden (SPEC 1). Returns the answer's body.
    [[nodiscard]] RawJson chat_completion_raw(std::string_view body,
                                              const RawRequestOptions& raw = {},
                                              const CallOptions& options = {});
    /// The same, streamed; `ChatChunk::raw` holds each event as it came.
    ChatCompletion chat_completion_raw(std::string_view body, const ChunkCallback& on_chunk,
                                       const RawRequestOptions& raw = {},
                                       const CallOptions& options = {});

private:
    ChatCompletion ask(std::string body, const CallOptions& call_options) const;
    ChatCompletion ask(std::string body, int choices, const ChunkCallback& on_chunk,
                       const CallOptions& call_options) const;
};

/// A backend for OpenAI's service, or for `options.base_url`. Throws `ConfigError` (SPEC T11).
[[nodiscard]] CLOUD_BACKEND_EXPORT std::unique_ptr<OpenAICloudBackend> create_openai_backend(
    ClientOptions options);

/// Options from OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_ORG_ID and OPENAI_PROJECT_ID; what is unset
/// or empty keeps its default, but that `base_url` names OpenAI's API then: another backend refuses
/// it, for the key is not for it. Reads the environment: not while another thread changes it.
[[nodiscard]] CLOUD_BACKEND_EXPORT ClientOptions from_environment();

}  // namespace cloud_backend
