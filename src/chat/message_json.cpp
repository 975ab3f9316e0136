#include "chat/message_json.hpp"

#include "chat/anthropic_content.hpp"
#include "chat/object_writer.hpp"

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace cloud_backend::detail {

namespace {

const char* name_of(Role role, const RequestDialect& dialect) {
    switch (role) {
        case Role::developer:
            return dialect.developer_is_system ? "system" : "developer";
        case Role::system:
            return "system";
        case Role::user:
            return "user";
        case Role::assistant:
            return "assistant";
        case Role::tool:
            return "tool";
    }
    return "user";
}

std::string part_json(const TextPart& part, const std::string& where) {
    return R"({"type":"text","text":)" + text_of(part.text, where + ".text") + "}";
}

std::string part_json(const ImagePart& part, const std::string& where) {
    ObjectWriter image(where + ".image_url.");
    image.add("url", part.url);
    image.add_unless_empty("detail", part.detail);
    return R"({"type":"image_url","image_url":)" + image.finish() + "}";
}

std::string part_json(const AudioPart& part, const std::string& where) {
    ObjectWriter audio(where + ".input_audio.");
    audio.add("data", part.data);
    audio.add("format", part.format);
    return R"({"type":"input_audio","input_audio":)" + audio.finish() + "}";
}

std::string part_json(const FilePart& part, const std::string& where) {
    ObjectWriter file(where + ".file.");
    file.add_unless_empty("file_id", part.file_id);
    file.add_unless_empty("filename", part.filename);
    file.add_unless_empty("file_data", part.file_data);
    return R"({"type":"file","file":)" + file.finish() + "}";
}

std::string part_json(const RawJson& part, const std::string& where) {
    return checked_object(part, where);
}

std::string content_json(const Message& message, const std::string& where) {
    std::vector<std::string> written;
    if (!message.content.empty()) {
        written.push_back(part_json(TextPart{message.content}, where + ".content"));
    }
    for (std::size_t i = 0; i < message.parts.size(); ++i) {
        const std::string part_where = at(where + ".parts", i);
        written.push_back(std::visit([&](const auto& part) { return part_json(part, part_where); },
                                     message.parts[i]));
    }
    return array_of(written, [](const auto& part, auto) { return part; });
}

bool is_known(const ToolCall& call) {
    return call.type == "function" || call.type == "custom" || !call.name.empty() ||
           !call.arguments.empty();
}

std::string called_json(const ToolCall& call, const std::string& arguments,
                        const std::string& where) {
    ObjectWriter object(call.function_extra, where);
    object.add("name", call.name);
    object.add(arguments, call.arguments);
    return object.finish();
}

std::string tool_call_json(const ToolCall& call, const std::string& where) {
    ObjectWriter object(call.extra, where + ".");
    object.add_unless_empty("id", call.id);
    object.add("type", call.type);
    if (call.type == "custom") {
        object.add_json("custom", called_json(call, "input", where + ".custom."));
    } else if (is_known(call)) {
        object.add_json("function", called_json(call, "arguments", where + ".function."));
    }
    return object.finish();
}

}  // namespace

std::string message_json(const Message& message, const std::string& where,
                         const RequestDialect& dialect) {
    ObjectWriter object(message.extra, where + ".");
    object.leave_out(anthropic_content);  // Strict servers refuse what they do not know.
    object.add("role", std::string(name_of(message.role, dialect)));
    const bool spoken = message.audio && !message.audio->id.empty();
    if (!message.parts.empty()) {
        object.add_json("content", content_json(message, where));
    } else if (message.content.empty() && (spoken || !message.tool_calls.empty())) {
        object.add_json("content", "null");
    } else {
        object.add("content", message.content);
    }
    if (const std::string& name = dialect.reasoning; !name.empty()) {
        // DeepSeek refuses a call of tools without this field, even if there was no reasoning.
        const bool calls = message.role == Role::assistant && !message.tool_calls.empty();
        if (calls || !message.reasoning.empty()) object.add(name, message.reasoning);
    }
    object.add_unless_empty("name", message.name);
    object.add_unless_empty("refusal", message.refusal);
    if (spoken) {
        const std::string id = text_of(message.audio->id, where + ".audio.id");
        object.add_json("audio", R"({"id":)" + id + "}");
    }
    if (!message.tool_calls.empty()) {
        object.add_json("tool_calls", array_of(message.tool_calls, [&](const auto& call, auto i) {
                            return tool_call_json(call, at(where + ".tool_calls", i));
                        }));
    }
    object.add_unless_empty("tool_call_id", message.tool_call_id);
    return object.finish();
}

}  // namespace cloud_backend::detail
