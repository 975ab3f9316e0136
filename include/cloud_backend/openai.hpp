#pragma once

#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/client.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/model_info.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/raw_json.hpp>
#include <cloud_backend/request_dialect.hpp>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend {

namespace detail {
class ChatReader;
struct ChatBody;
}  // namespace detail

/// What a passthrough request overrides in its body.
struct RawRequestOptions {
    std::string_view model{};  ///< Replaces the body's `model` unless empty.
};

/// Chat completions of OpenAI and of every service that speaks its protocol.
///
/// Thread-safe, see `CloudBackendClient`.
class CLOUD_BACKEND_EXPORT OpenAICloudBackend : public CloudBackendClient, public ChatBackend {
public:
    /// Throws `ConfigError` for options (SPEC T11) and a dialect that must not be used.
    explicit OpenAICloudBackend(ClientOptions options, RequestDialect dialect = {});
    ~OpenAICloudBackend() override;

    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options = {}) override;
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options = {}) override;
    CallHandle chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                     const CallOptions& options = {}) override;
    /// On the calling thread; keeps what it needs alive.
    ChatStream stream(const ChatRequest& request, const CallOptions& options = {}) override;
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
    /// The same, asynchronous; streamed if `handlers` take chunks. See `chat_completion_async`.
    CallHandle chat_completion_raw_async(std::string_view body, CallHandlers handlers,
                                         const RawRequestOptions& raw = {},
                                         const CallOptions& options = {});

    /// The models the server offers, in its order (GET /models below the base URL). Fails as a
    /// chat does: throws `Error`, `ResponseError` when the answer is no list of models (SPEC 8),
    /// `LimitExceededError` when they are more than 4,096.
    [[nodiscard]] std::vector<ModelInfo> list_models(const CallOptions& options = {}) const;

protected:
    /// Where chats are, below the base URL.
    [[nodiscard]] virtual std::string chat_path() const;

private:
    /// Null `on_chunk`: of a whole answer.
    [[nodiscard]] std::unique_ptr<detail::ChatReader> make_reader(int choices,
                                                                  const ChunkCallback* on_chunk,
                                                                  std::stop_token stop) const;
    [[nodiscard]] ServiceRequest chat_request(detail::ChatBody body) const;
    ChatCompletion ask(detail::ChatBody body, const ChunkCallback* on_chunk,
                       const CallOptions& call_options) const;
    [[nodiscard]] CallHandle start_chat(detail::ChatBody body, CallHandlers handlers,
                                        const CallOptions& call_options) const;

    RequestDialect dialect_;
};

/// A backend for OpenAI's service, or for `options.base_url`. Throws `ConfigError` (SPEC T11). For
/// services that are known, see service_preset.hpp and azure.hpp.
[[nodiscard]] CLOUD_BACKEND_EXPORT std::unique_ptr<OpenAICloudBackend> create_openai_backend(
    ClientOptions options, RequestDialect dialect = {});

/// Options from OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_ORG_ID and OPENAI_PROJECT_ID; what is unset
/// or empty keeps its default, but that `base_url` names OpenAI's API then: another backend refuses
/// it, for the key is not for it. Reads the environment: not while another thread changes it.
[[nodiscard]] CLOUD_BACKEND_EXPORT ClientOptions from_environment();

}  // namespace cloud_backend
