#pragma once

#include <cloud_backend/export.hpp>
#include <cloud_backend/message.hpp>
#include <cloud_backend/metadata.hpp>
#include <cloud_backend/raw_json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend {

/// Tokens used; what the server did not say is 0.
struct Usage {
    std::int64_t prompt_tokens = 0;
    std::int64_t completion_tokens = 0;
    std::int64_t total_tokens = 0;
    // Of the prompt's:
    std::int64_t cached_tokens = 0;
    std::int64_t prompt_audio_tokens = 0;
    // Of the completion's:
    std::int64_t reasoning_tokens = 0;
    std::int64_t completion_audio_tokens = 0;
    std::int64_t accepted_prediction_tokens = 0;
    std::int64_t rejected_prediction_tokens = 0;
    RawJson raw{};  ///< The object as the server sent it; of several in a stream the last.
};

/// A piece of a tool call in a stream (SPEC A1).
struct ToolCallDelta {
    std::optional<int> index{};  ///< As sent; null, missing and -1 are empty.
    std::string id{};
    std::string type{};
    std::string name{};
    std::string arguments{};
    RawJson function_extra{};
    RawJson extra{};
};

/// What a chunk adds to one choice.
struct Delta {
    std::optional<Role> role{};
    std::string content{};
    std::vector<ContentPart> parts{};
    std::string reasoning{};
    std::string refusal{};
    std::optional<AudioAnswer> audio{};
    std::vector<ToolCallDelta> tool_calls{};
    RawJson annotations{};
    RawJson extra{};
};

/// What a chunk says of one choice.
struct ChunkChoice {
    int index = 0;
    Delta delta{};
    /// In OpenAI's words, else as the server wrote it; empty while it goes on.
    std::string finish_reason{};
    RawJson logprobs{};  ///< An object, or empty; see token_logprobs() in logprobs.hpp.
    RawJson extra{};     ///< Fields the library does not know: an object, or empty.
};

/// One event of a streamed answer. Given to a callback it lives until the callback returns: copy
/// what is to be kept. Missing, null and empty fields are all empty here.
struct CLOUD_BACKEND_EXPORT ChatChunk {
    std::string id{};
    std::int64_t created = 0;
    std::string model{};
    std::vector<ChunkChoice> choices{};
    std::optional<Usage> usage{};
    std::string service_tier{};
    std::string system_fingerprint{};
    RawJson extra{};  ///< Fields the library does not know: an object, or empty.
    RawJson raw{};    ///< The event's data.

    /// The text the first choice, that with index 0, gains; empty when it gains none. Lives as long
    /// as the chunk.
    [[nodiscard]] std::string_view content() const noexcept;
    /// The same for its reasoning.
    [[nodiscard]] std::string_view reasoning() const noexcept;
    /// The finish reason of the first choice, if it has come.
    [[nodiscard]] std::string_view finish_reason() const noexcept;
};

/// One of the answers; there is one unless `ChatRequest::n` asked for more.
struct Choice {
    int index = 0;
    Message message{.role = Role::assistant};
    std::string finish_reason{};  ///< In OpenAI's words, else as the server wrote it.
    RawJson logprobs{};           ///< An object, or empty; see token_logprobs() in logprobs.hpp.
    RawJson extra{};              ///< Fields the library does not know: an object, or empty.
};

/// A whole answer, also when it was streamed (SPEC C3).
struct CLOUD_BACKEND_EXPORT ChatCompletion {
    std::string id{};
    std::int64_t created = 0;
    std::string model{};
    std::vector<Choice> choices{};
    std::optional<Usage> usage{};
    std::string service_tier{};
    std::string system_fingerprint{};
    RawJson extra{};  ///< Fields the library does not know: an object, or empty.
    RawJson raw{};    ///< The body as the server sent it; empty when it was streamed.
    CallMetadata metadata{};

    /// The text of the first choice; empty when there is none. Lives as long as the completion.
    [[nodiscard]] std::string_view content() const noexcept;
    /// The same for its reasoning.
    [[nodiscard]] std::string_view reasoning() const noexcept;
    /// The same for its finish reason, such as "stop", "length" or "tool_calls".
    [[nodiscard]] std::string_view finish_reason() const noexcept;
};

}  // namespace cloud_backend
