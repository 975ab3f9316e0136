#include "chat/message_reader.hpp"

#include "chat/json_fields.hpp"
#include "chat/json_writer.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cloud_backend::detail {

namespace {

namespace dom = simdjson::dom;

// --- where a message and a delta differ ---------------------------------------------------------

void clear_role(Delta& delta) {
    delta.role.reset();
}

void clear_role(Message& message) {
    message.role = Role::assistant;  // A12
}

void clear_index_and_type(ToolCallDelta& call) {
    call.index.reset();
    call.type.clear();
}

void clear_index_and_type(ToolCall& call) {
    call.type = "function";
}

void read_index(dom::element value, ToolCallDelta& call) {
    call.index = as_index(value);
}

void read_index(dom::element /*value*/, ToolCall& /*call*/) {}

// --- what they share ----------------------------------------------------------------------------

template <class Part>
void clear_all_but_tool_calls(Part& part) {
    clear_role(part);
    part.content.clear();
    part.parts.clear();
    part.reasoning.clear();
    part.refusal.clear();
    part.audio.reset();
    part.annotations.clear();
    part.extra.clear();
}

template <class RoleField>
void read_role(dom::element value, RoleField& role) {
    const auto name = string_or_empty(value);
    if (name == "assistant") {
        role = Role::assistant;
    } else if (name == "user") {
        role = Role::user;
    } else if (name == "system") {
        role = Role::system;
    } else if (name == "developer") {
        role = Role::developer;
    } else if (name == "tool") {
        role = Role::tool;
    }
}

/// The texts of a list of parts, or a text.
void append_texts(dom::element value, std::string& texts) {
    texts += string_or_empty(value);
    const auto parts = as_array(value);
    if (!parts) return;
    for (const auto item : *parts) {
        texts += string_or_empty(item);
        if (const auto part = as_object(item)) texts += find_string(*part, "text");
    }
}

/// Content given as parts (Mistral): what the model says, what it thinks, and what else there is.
template <class Part>
void read_content_part(dom::element value, Part& part, std::string& buffer) {
    const auto json = as_object(value);
    if (!json) return;
    const auto type = find_string(*json, "type");
    if (type == "text" || type.empty()) {
        part.content += find_string(*json, "text");
    } else if (type == "thinking") {
        if (const auto thinking = find_member(*json, "thinking")) {
            append_texts(*thinking, part.reasoning);
        }
    } else if (type == "refusal") {
        part.refusal += find_string(*json, "refusal");
    } else if (part.parts.size() <= max_listed) {
        RawJson other;
        store_json(other, value, buffer);
        part.parts.emplace_back(std::move(other));
    }
}

template <class Part>
void read_content(dom::element value, Part& part, std::string& buffer) {
    part.content = string_or_empty(value);
    const auto items = as_array(value);
    if (!items) return;
    for (const auto item : *items) {
        part.content += string_or_empty(item);
        read_content_part(item, part, buffer);
    }
}

/// What is called: a function with `arguments`, or a custom tool with `input`.
template <class Call>
void read_called(dom::element value, std::string_view arguments, Call& call, std::string& buffer) {
    const auto called = as_object(value);
    if (!called) return;
    MemberCollector extra(buffer);
    for (const auto& [key, field] : *called) {
        if (key == "name") {
            call.name = string_or_empty(field);
        } else if (key == arguments) {
            call.arguments = string_or_empty(field);
            if (as_object(field) || as_array(field)) append_json(call.arguments, field);  // A3
        } else {
            extra.add(key, field);
        }
    }
    extra.store(call.function_extra);
}

template <class Call>
void read_tool_call(dom::object json, Call& call, std::string& buffer) {
    clear_index_and_type(call);
    call.id.clear();
    call.name.clear();
    call.arguments.clear();
    call.function_extra.clear();
    MemberCollector extra(buffer);
    for (const auto& [key, value] : json) {
        if (key == "index") {
            read_index(value, call);
        } else if (key == "id") {
            call.id = string_or_empty(value);
        } else if (key == "type") {
            if (const auto type = string_or_empty(value); !type.empty()) call.type = type;
        } else if (key == "function") {
            read_called(value, "arguments", call, buffer);
        } else if (key == "custom" && as_object(value) && !is_empty(value)) {
            call.type = key;
            read_called(value, "input", call, buffer);
        } else {
            extra.add(key, value);
        }
    }
    extra.store(call.extra);
}

void read_audio(dom::element value, std::optional<AudioAnswer>& audio) {
    const auto json = as_object(value);
    if (!json) return;
    audio.emplace();
    for (const auto& [key, field] : *json) {
        if (key == "id") {
            audio->id = string_or_empty(field);
        } else if (key == "data") {
            audio->data = string_or_empty(field);
        } else if (key == "transcript") {
            audio->transcript = string_or_empty(field);
        } else if (key == "expires_at") {
            audio->expires_at = int_or_zero(field);
        }
    }
}

/// Which of the two fields for reasoning a server uses varies; some use both for the same (A8).
template <class Part>
void choose_reasoning(std::string_view reasoning_content, std::string_view reasoning, Part& part) {
    const auto chosen = reasoning_content.empty() ? reasoning : reasoning_content;
    if (!chosen.empty()) part.reasoning = chosen;  // Else it has what came as parts.
}

template <class Part>
void read_part(dom::object json, Part& part, std::string& buffer) {
    clear_all_but_tool_calls(part);
    std::size_t tool_calls = 0;
    std::string_view reasoning_content;
    std::string_view reasoning;
    MemberCollector extra(buffer);
    for (const auto& [key, value] : json) {
        if (key == "content") {
            read_content(value, part, buffer);
        } else if (key == "role") {
            read_role(value, part.role);
        } else if (key == "tool_calls") {
            tool_calls = read_objects(value, part.tool_calls, [&](dom::object call, auto& target) {
                read_tool_call(call, target, buffer);
            });
        } else if (key == "refusal") {
            part.refusal += string_or_empty(value);
        } else if (key == "reasoning_content" && value.is_string()) {
            reasoning_content = string_or_empty(value);
        } else if (key == "reasoning" && value.is_string()) {
            reasoning = string_or_empty(value);
        } else if (key == "audio" && as_object(value)) {
            read_audio(value, part.audio);
        } else if (key == "annotations") {
            if (as_array(value) && !is_empty(value)) store_json(part.annotations, value, buffer);
        } else {
            extra.add(key, value);
        }
    }
    part.tool_calls.resize(tool_calls);
    choose_reasoning(reasoning_content, reasoning, part);
    extra.store(part.extra);
}

}  // namespace

void clear(Message& message) {
    clear_all_but_tool_calls(message);
    message.tool_calls.clear();
}

void clear(Delta& delta) {
    clear_all_but_tool_calls(delta);
    delta.tool_calls.clear();
}

void read_message(dom::object json, Message& message, std::string& buffer) {
    read_part(json, message, buffer);
}

void read_message(dom::object json, Delta& delta, std::string& buffer) {
    read_part(json, delta, buffer);
}

}  // namespace cloud_backend::detail
