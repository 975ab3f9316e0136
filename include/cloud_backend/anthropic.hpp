#pragma once

#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/client.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/options.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace cloud_backend {

/// Chat completions of Anthropic and of every service that speaks its Messages API. It takes and
/// gives what an OpenAI backend does, so that one can stand in for the other: for chats without
/// tools, and without other fields of `extra` that only one of them knows.
///
/// Of the request
/// - system and developer messages become the system prompt, wherever they stand, joined by empty
///   lines; the results of tools that follow one another become one message of the user;
/// - `max_tokens`, else `max_completion_tokens`, else 4,096 is the limit the protocol asks for;
/// - `stop` becomes `stop_sequences`; `seed`, `stream_options` and a message's `name` have no
///   counterpart and are left out;
/// - `n` other than 1, and arguments of a tool call that are neither empty nor a JSON object, throw
///   `ConfigError`;
/// - `extra` is merged last, untouched: tools and all else are written there as Anthropic writes
///   them. Of a message's `extra` only `content`, which replaces all that the message would have
///   said, and `anthropic_content`, which does so of an answered one, are sent: the rest, and the
///   `extra` of tool calls, belongs to whoever answered.
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
    using CloudBackendClient::unavailable;
    /// Whatever the model.
    [[nodiscard]] std::optional<ErrorDetails> unavailable(std::string_view model) const override;

protected:
    /// The key goes as `x-api-key`.
    [[nodiscard]] AuthScheme auth_scheme() const override;
    /// `anthropic-version`.
    [[nodiscard]] Headers request_headers() const override;
};

/// A backend for Anthropic's service, or for `options.base_url`. Throws `ConfigError` (SPEC T11).
[[nodiscard]] CLOUD_BACKEND_EXPORT std::unique_ptr<AnthropicCloudBackend> create_anthropic_backend(
    ClientOptions options);

/// Options from ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL; what is unset or empty keeps its default.
/// A URL without "/v1" or "/messages" at its end gets "/v1", as the official clients have it,
/// unless it has a query. Reads the environment: not while another thread changes it.
[[nodiscard]] CLOUD_BACKEND_EXPORT ClientOptions anthropic_from_environment();

}  // namespace cloud_backend
