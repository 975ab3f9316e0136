#include "chat/message_reader.hpp"

#include "chat/json_fields.hpp"
#include "chat/json_writer.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

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
    part.reasoning.clear();
    part.refusal.clear();
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

/// Content given as parts (Mistral): what the model says, and what it thinks.
template <class Part>
void read_content_part(dom::object json, Part& part) {
    const auto type = find_string(json, "type");
    if (type == "text" || type.empty()) {
        part.content += find_string(json, "text");
    } else if (type == "thinking") {
        if (const auto thinking = find_member(json, "thinking")) {
            append_texts(*thinking, part.reasoning);
        }
    }
}

template <class Part>
void read_content(dom::element value, Part& part) {
    part.content = string_or_empty(value);
    const auto items = as_array(value);
    if (!items) return;
    for (const auto item : *items) {
        part.content += string_or_empty(item);
        if (const auto object = as_object(item)) read_content_part(*object, part);
    }
}

/// What is called: a function with `arguments`, or a custom tool with `input`.
template <class Call>
void read_called(dom::element value, std::string_view arguments, Call& call) {
    const auto called = as_object(value);
    if (!called) return;
    for (const auto& [key, field] : *called) {
        if (key == "name") {
            call.name = string_or_empty(field);
        } else if (key == arguments) {
            call.arguments = string_or_empty(field);
            if (as_object(field) || as_array(field)) append_json(call.arguments, field);  // A3
        }
    }
}

template <class Call>
void read_tool_call(dom::object json, Call& call, std::string& buffer) {
    clear_index_and_type(call);
    call.id.clear();
    call.name.clear();
    call.arguments.clear();
    MemberCollector extra(buffer);
    for (const auto& [key, value] : json) {
        if (key == "index") {
            read_index(value, call);
        } else if (key == "id") {
            call.id = string_or_empty(value);
        } else if (key == "type") {
            if (const auto type = string_or_empty(value); !type.empty()) call.type = type;
        } else if (key == "function") {
            read_called(value, "arguments", call);
        } else if (key == "custom" && as_object(value) && !is_empty(value)) {
            call.type = key;
            read_called(value, "input", call);
        } else {
            extra.add(key, value);
        }
    }
    extra.store(call.extra);
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
            read_content(value, part);
        } else if (key == "role") {
            read_role(value, part.role);
        } else if (key == "tool_calls") {
            tool_calls = read_objects(value, part.tool_calls, [&](dom::object call, auto& target) {
                read_tool_call(call, target, buffer);
            });
        } else if (key == "refusal") {
            part.refusal = string_or_empty(value);
        } else if (key == "reasoning_content" && value.is_string()) {
            reasoning_content = string_or_empty(value);
        } else if (key == "reasoning" && value.is_string()) {
            reasoning = string_or_empty(value);
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
