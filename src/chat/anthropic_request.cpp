#include "chat/anthropic_request.hpp"

#include "chat/anthropic_content.hpp"
#include "chat/json_splice.hpp"
#include "chat/object_writer.hpp"
#include "core/ascii.hpp"
#include "core/utf8.hpp"

#include <cloud_backend/error.hpp>

#include <cstddef>
#include <string_view>
#include <utility>
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

class JsonList {
public:
    void add(ObjectWriter object) { add_elements('[' + object.finish() + ']'); }
    void add_elements(std::string_view array) { append_elements(open_list_, array); }
    [[nodiscard]] std::string json() const { return open_list_ + ']'; }

private:
    std::string open_list_ = "[";
};

ObjectWriter text_block(const std::string& text) {
    ObjectWriter block({}, "");
    block.add_json("type", R"("text")");
    block.add_json("text", text);
    return block;
}

ObjectWriter tool_use(const ToolCall& call, const std::string& where) {
    ObjectWriter block({}, where + ".");
    block.add_json("type", R"("tool_use")");
    block.add("id", call.id);
    block.add("name", call.name);
    const bool none = trim(call.arguments).empty();
    if (!none && !is_json_object(call.arguments)) {
        throw ConfigError(block.name_of("arguments") + " is not a JSON object in UTF-8");
    }
    block.add_json("input", none ? "{}" : call.arguments);
    return block;
}

ObjectWriter tool_result(const Message& message, const std::string& where) {
    ObjectWriter block({}, where + ".");
    block.add_json("type", R"("tool_result")");
    block.add_json("tool_use_id", text_of(message.tool_call_id, where + ".tool_call_id"));
    if (const auto content = extra_member(message, "content", where); !content.empty()) {
        block.add_json("content", content);
    } else {
        block.add("content", message.content);
    }
    return block;
}

/// The content of what the model said, to be said again; empty when it said nothing: the service
/// refuses texts without a word.
std::string answered_content(const Message& message, const std::string& where) {
    if (const auto kept = extra_member(message, anthropic_content, where); !kept.empty()) {
        if (is_array(kept)) return std::string(kept);
        throw ConfigError(where + ".extra." + std::string(anthropic_content) + " is not a list");
    }
    const bool refused = message.content.empty();
    const std::string& said = refused ? message.refusal : message.content;
    const std::string text = text_of(said, where + (refused ? ".refusal" : ".content"));
    const bool silent = trim(said).empty();
    if (message.tool_calls.empty()) return silent ? std::string() : text;
    JsonList blocks;
    if (!silent) blocks.add(text_block(text));
    for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
        blocks.add(tool_use(message.tool_calls[i], at(where + ".tool_calls", i)));
    }
    return blocks.json();
}

/// The content of what the user or the model said; empty when the model said nothing.
std::string content_of(const Message& message, const std::string& where) {
    const auto content = extra_member(message, "content", where);
    if (!content.empty()) return std::string(content);
    return message.role == Role::assistant ? answered_content(message, where)
                                           : text_of(message.content, where + ".content");
}

void add_turn(JsonList& turns, const Message& message, const std::string& where) {
    const std::string content = content_of(message, where);
    if (content.empty()) return;
    ObjectWriter object({}, "");
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
    ObjectWriter object({}, "");
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
        if (!is_valid_utf8(message.content)) {
            throw ConfigError(where + ".content is not valid UTF-8");
        }
        if (!prompt.empty() && !message.content.empty()) prompt += "\n\n";
        prompt += message.content;
    }
    return prompt;
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
    object.add_unless_empty("model", request.model);
    object.add("max_tokens", request.max_tokens.value_or(
                                 request.max_completion_tokens.value_or(default_max_tokens)));
    object.add_unless_empty("system", system_prompt(request.messages));
    object.add_json("messages", conversation(request.messages));
    object.add("temperature", request.temperature);
    object.add("top_p", request.top_p);
    if (!request.stop.empty()) {
        object.add_json("stop_sequences", array_of_texts(request.stop, "stop"));
    }
    if (delivery == Delivery::streamed) object.add_json("stream", "true");
    return object.finish();
}

}  // namespace cloud_backend::detail
