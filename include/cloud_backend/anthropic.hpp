#pragma once

#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/client.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/model_info.hpp>
#include <cloud_backend/options.hpp>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend {

namespace detail {
class ChatReader;
}

/// Chat completions of Anthropic and of every service that speaks its Messages API. It takes and
/// gives what an OpenAI backend does, so that one can stand in for the other: without fields of
/// `extra` that only one of them knows.
///
/// Of the request
/// - system and developer messages become the system prompt, wherever they stand, joined by empty
///   lines; the results of tools that follow one another become one message of the user;
/// - `max_tokens`, else `max_completion_tokens`, else 4,096 is the limit the protocol asks for;
/// - `stop` becomes `stop_sequences`, `user` `metadata.user_id`, a schema as `response_format`
///   `output_config.format`; tools, their choice, images and documents take the protocol's form;
/// - hints without a counterpart are left out: `seed`, penalties, `logit_bias`, `reasoning_effort`,
///   `verbosity`, `service_tier`, `store`, `metadata`, `stream_options`, a message's `name`;
/// - what the answer would lack throws `ConfigError`: `n` other than 1, `logprobs`, "json_object",
///   custom tools, sounds;
/// - arguments of a tool call that are not a JSON object, the only form the protocol takes, become
///   `{"invalid_arguments": "..."}` around their text, and `{}` when they are empty or null;
/// - `extra` is merged last, untouched, as is a tool's. Of a message's `extra` are sent only
///   `content`, which replaces all that the message would have said, and `anthropic_content`, which
///   does so of an answered one: the rest, the `extra` of tool calls, and parts of other kinds in
///   an assistant's message belong to whoever answered.
///
/// Of the answer
/// - stop reasons become finish reasons: `end_turn` and `stop_sequence` "stop", `max_tokens` and
///   `model_context_window_exceeded` "length", `tool_use` "tool_calls", `refusal` "content_filter";
///   others stay as they came;
/// - `Usage::prompt_tokens` includes tokens written to the cache and read from it;
/// - thinking is `reasoning`;
/// - an answer that holds more than texts and tool calls, such as thinking, citations, tools of the
///   server or members and blocks that are not known, has all its content blocks in the message's
///   `extra` as `anthropic_content`, as they came: in a stream with the chunk that tells why it
///   stopped. The message sent back says these, as the protocol asks; who changes the message
///   removes them. An OpenAI backend leaves them out;
/// - `ChatChunk::raw` is the data of the event; events of content blocks that are not known are
///   chunks that say nothing else;
/// - there are no `RateLimits`: the service tells its own in other headers.
///
/// A stream is complete once it has told why it stopped (SPEC T4); `message_stop` ends it then.
/// Thread-safe, see `CloudBackendClient`.
class CLOUD_BACKEND_EXPORT AnthropicCloudBackend : public CloudBackendClient, public ChatBackend {
public:
    /// `base_url` is extended as every backend's (SPEC T12): "/v1/messages", or "/messages" behind
    /// a path of its own. One that is still the default of `ClientOptions`, OpenAI's, becomes
    /// Anthropic's. Throws `ConfigError` for options that must not be used (SPEC T11), another URL
    /// of OpenAI among them: the key must not go there.
    explicit AnthropicCloudBackend(ClientOptions options);
    ~AnthropicCloudBackend() override;

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

    /// The models the service offers, newest first, up to 1,000 (GET /models below the base URL).
    /// Their `display_name` and `created_at` are in `extra`. Fails as a chat does: throws `Error`,
    /// `ResponseError` when the answer is no list of models (SPEC 8), `LimitExceededError` when
    /// they are more than 4,096.
    [[nodiscard]] std::vector<ModelInfo> list_models(const CallOptions& options = {}) const;

protected:
    /// The key goes as `x-api-key`.
    [[nodiscard]] AuthScheme auth_scheme() const override;
    /// `anthropic-version`.
    [[nodiscard]] Headers request_headers() const override;

private:
    /// Null `on_chunk`: of a whole answer.
    [[nodiscard]] std::unique_ptr<detail::ChatReader> make_reader(const ChunkCallback* on_chunk,
                                                                  std::stop_token stop) const;
    ChatCompletion ask(ServiceRequest request, const ChunkCallback* on_chunk,
                       const CallOptions& call_options) const;
};

/// A backend for Anthropic's service, or for `options.base_url`. Throws `ConfigError` (SPEC T11).
[[nodiscard]] CLOUD_BACKEND_EXPORT std::unique_ptr<AnthropicCloudBackend> create_anthropic_backend(
    ClientOptions options);

/// Options from ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL; what is unset or empty keeps its default.
/// A URL without "/v1" or "/messages" at its end gets "/v1", as the official clients have it,
/// unless it has a query. Reads the environment: not while another thread changes it.
[[nodiscard]] CLOUD_BACKEND_EXPORT ClientOptions anthropic_from_environment();

}  // namespace cloud_backend
