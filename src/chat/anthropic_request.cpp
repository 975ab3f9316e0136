#include "chat/anthropic_request.hpp"

#include "chat/anthropic_blocks.hpp"
#include "chat/anthropic_content.hpp"
#include "chat/anthropic_tools.hpp"
#include "chat/json_splice.hpp"
#include "chat/object_writer.hpp"
#include "core/ascii.hpp"
#include "core/utf8.hpp"

#include <cloud_backend/error.hpp>

#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cloud_backend::detail {

namespace {

constexpr int default_max_tokens = 4'096;  // The protocol has no default, and needs one.

bool is_instruction(const Message& message) {
    return message.role == Role::system || message.role == Role::developer;
}

/// A member of a message's `extra`; empty when there is none.
std::string_view extra_member(const Message& message, std::string_view name,
                              const std::string& where) {
    std::string_view value;
    for (const JsonMember& member : checked_members(message.extra, where + ".extra")) {
        if (member.name() == name) value = member.value;  // The last, as everywhere.
    }
    return value;
}

/// The content of what the user or a tool said: a text, or blocks.
std::string said(const Message& message, const std::string& where) {
    std::string text = text_of(message.content, where + ".content");
    if (message.parts.empty()) return text;
    JsonList blocks;
    if (!trim(message.content).empty()) blocks.add(text_block(text));  // Blank ones are refused.
    add_parts(blocks, message, where);
    return blocks.json();
}

ObjectWriter tool_result(const Message& message, const std::string& where) {
    ObjectWriter block(where + ".");
    block.add_json("type", R"("tool_result")");
    block.add_json("tool_use_id", text_of(message.tool_call_id, where + ".tool_call_id"));
    const auto content = extra_member(message, "content", where);
    block.add_json("content", content.empty() ? said(message, where) : std::string(content));
    return block;
}

struct Words {
    const std::string& text;
    const char* field;
};

/// Written, refused or spoken.
Words words_of(const Message& message) {
    if (!message.content.empty()) return {message.content, ".content"};
    const bool spoken = message.refusal.empty() && message.audio;
    if (spoken) return {message.audio->transcript, ".audio.transcript"};
    return {message.refusal, ".refusal"};
}

/// The content of what the model said, to be said again; empty when it said nothing: the service
/// refuses texts without a word.
std::string answered_content(const Message& message, const std::string& where) {
    if (const auto kept = extra_member(message, anthropic_content, where); !kept.empty()) {
        if (is_array(kept)) return std::string(kept);
        throw ConfigError(where + ".extra." + std::string(anthropic_content) + " is not a list");
    }
    const auto [words, field] = words_of(message);
    const std::string text = text_of(words, where + field);
    const bool silent = trim(words).empty();
    JsonList further;
    add_parts(further, message, where);
    for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
        const ToolCall& call = message.tool_calls[i];
        const bool of_another = call.type != "function" && call.name.empty();
        if (!of_another) further.add(tool_use_block(call, at(where + ".tool_calls", i)));
    }
    if (further.empty()) return silent ? std::string() : text;
    JsonList blocks;
    if (!silent) blocks.add(text_block(text));
    blocks.add_elements(further.json());
    return blocks.json();
}

/// The content of what the user or the model said; empty when the model said nothing.
std::string content_of(const Message& message, const std::string& where) {
    const auto content = extra_member(message, "content", where);
    if (!content.empty()) return std::string(content);
    return message.role == Role::assistant ? answered_content(message, where)
                                           : said(message, where);
}

void add_turn(JsonList& turns, const Message& message, const std::string& where) {
    const std::string content = content_of(message, where);
    if (content.empty()) return;
    ObjectWriter object("");
    object.add_json("role", message.role == Role::assistant ? R"("assistant")" : R"("user")");
    object.add_json("content", content);
    turns.add(std::move(object));
}

/// The results of tools from the message at `next` on, behind which it is then: what the model
/// asked for in one message it must be told in one.
ObjectWriter turn_of_results(const std::vector<Message>& messages, std::size_t& next) {
    JsonList results;
    for (; next < messages.size() && messages[next].role == Role::tool; ++next) {
        results.add(tool_result(messages[next], at("messages", next)));
    }
    ObjectWriter object("");
    object.add_json("role", R"("user")");
    object.add_json("content", results.json());
    return object;
}

std::string conversation(const std::vector<Message>& messages) {
    JsonList turns;
    for (std::size_t next = 0; next < messages.size();) {
        const Message& message = messages[next];
        if (message.role == Role::tool) {
            turns.add(turn_of_results(messages, next));
            continue;
        }
        if (!is_instruction(message)) add_turn(turns, message, at("messages", next));
        ++next;
    }
    return turns.json();
}

std::string text_only(const Message& message, const std::string& where) {
    std::string text = message.content;
    for (std::size_t i = 0; i < message.parts.size(); ++i) {
        const auto* part = std::get_if<TextPart>(&message.parts[i]);
        if (part == nullptr) {
            throw ConfigError(at(where + ".parts", i) +
                              " is no text: a system prompt of other"
                              " parts goes into \"system\" of the request's extra");
        }
        text += part->text;
    }
    if (!is_valid_utf8(text)) throw ConfigError(where + ".content is not valid UTF-8");
    return text;
}

/// System and developer messages stand apart from the conversation, wherever they were.
std::string system_prompt(const std::vector<Message>& messages) {
    std::string prompt;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const Message& message = messages[i];
        if (!is_instruction(message)) continue;
        const std::string where = at("messages", i);
        if (!extra_member(message, "content", where).empty()) {
            throw ConfigError(where +
                              ".extra.content: a system prompt of parts goes into \"system\""
                              " of the request's extra");
        }
        const std::string instruction = text_only(message, where);
        if (!prompt.empty() && !instruction.empty()) prompt += "\n\n";
        prompt += instruction;
    }
    return prompt;
}

/// What the answer must look like; empty when the request does not say.
std::string output_config(const ChatRequest& request) {
    const auto& format = request.response_format;
    if (!format || format->kind() == ResponseFormat::Kind::text) return {};
    if (format->kind() == ResponseFormat::Kind::json_object) {
        throw ConfigError("response_format is json_object: Anthropic's protocol has schemas only");
    }
    return R"({"format":{"type":"json_schema","schema":)" +
           checked_object(format->schema(), "response_format.schema") + "}}";
}

}  // namespace

std::string to_anthropic_json(const ChatRequest& request, Delivery delivery) {
    ObjectWriter object(request.extra, "");
    if (object.has_extra("stream")) {  // T11
        throw ConfigError("extra contains \"stream\": the way of calling decides it");
    }
    if (request.n.value_or(1) != 1) {
        throw ConfigError("n is not 1: Anthropic's protocol has one choice only");
    }
    if (request.logprobs.value_or(false)) {
        throw ConfigError("logprobs: Anthropic's protocol has none");
    }
    object.add_unless_empty("model", request.model);
    object.add("max_tokens", request.max_tokens.value_or(
                                 request.max_completion_tokens.value_or(default_max_tokens)));
    object.add_unless_empty("system", system_prompt(request.messages));
    object.add_json("messages", conversation(request.messages));
    if (!request.tools.empty()) {
        object.add_json("tools", array_of(request.tools, [](const auto& tool, auto i) {
                            return anthropic_tool_json(tool, at("tools", i));
                        }));
    }
    if (const auto choice = anthropic_tool_choice_json(request); !choice.empty()) {
        object.add_json("tool_choice", choice);
    }
    if (const auto config = output_config(request); !config.empty()) {
        object.add_json("output_config", config);
    }
    object.add("temperature", request.temperature);
    object.add("top_p", request.top_p);
    if (!request.stop.empty()) {
        object.add_json("stop_sequences", array_of_texts(request.stop, "stop"));
    }
    if (!request.user.empty()) {
        object.add_json("metadata", R"({"user_id":)" + text_of(request.user, "user") + "}");
    }
    if (delivery == Delivery::streamed) object.add_json("stream", "true");
    return object.finish();
}

}  // namespace cloud_backend::detail
