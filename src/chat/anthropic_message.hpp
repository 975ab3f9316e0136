#pragma once

#include "chat/json_fields.hpp"
#include "chat/json_writer.hpp"

#include <cloud_backend/chat.hpp>
#include <cloud_backend/error.hpp>

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The parts of Anthropic's messages that whole answers and streamed ones share.
namespace cloud_backend::detail {

/// Tokens as Anthropic counts them: those read from and written to the cache stand apart.
struct AnthropicTokens {
    std::int64_t input = 0;
    std::int64_t cache_creation = 0;
    std::int64_t cache_read = 0;
    std::int64_t output = 0;

    /// Replaces what `usage` tells; the counts of a stream are cumulative.
    void update(simdjson::dom::object usage) noexcept;
};

/// As OpenAI would say it; unknown reasons, and `pause_turn`, as they came.
[[nodiscard]] std::string_view finish_reason_of(std::string_view stop_reason) noexcept;

/// Sets the usage, and the tier that the server tells with it, of an answer or a chunk. `tokens` is
/// what the answer told before, and is brought up to date. `buffer` is work space.
template <class Answer>
void read_anthropic_usage(simdjson::dom::element value, AnthropicTokens& tokens, Answer& answer,
                          std::string& buffer) {
    const auto object = as_object(value);
    if (!object) return;
    tokens.update(*object);
    answer.service_tier = find_string(*object, "service_tier");
    Usage& usage = answer.usage.emplace();
    usage.prompt_tokens = tokens.input + tokens.cache_creation + tokens.cache_read;
    usage.completion_tokens = tokens.output;
    usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
    usage.cached_tokens = tokens.cache_read;
    store_json(usage.raw, value, buffer);
}

/// Reads all of a message but its content and why it ended.
template <class Answer>
void read_anthropic_head(simdjson::dom::object message, AnthropicTokens& tokens, Answer& answer,
                         std::string& buffer) {
    MemberCollector extra(buffer);
    for (const auto& [key, value] : message) {
        if (key == "id") {
            answer.id = string_or_empty(value);
        } else if (key == "model") {
            answer.model = string_or_empty(value);
        } else if (key == "usage") {
            read_anthropic_usage(value, tokens, answer, buffer);
        } else if (key != "type" && key != "role" && key != "content" && key != "stop_reason") {
            extra.add(key, value);
        }
    }
    extra.store(answer.extra);
}

/// The failure that an answer tells of as its stop reason (SPEC T4).
[[nodiscard]] std::optional<ErrorDetails> failure_of(std::string_view stop_reason);

/// A whole answer; empty when the JSON is none. `raw` and `metadata` are left to the caller.
[[nodiscard]] std::optional<ChatCompletion> read_anthropic_message(simdjson::dom::element json);

}  // namespace cloud_backend::detail
