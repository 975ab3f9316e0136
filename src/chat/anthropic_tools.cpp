#include "chat/anthropic_tools.hpp"

#include "chat/object_writer.hpp"

#include <cloud_backend/error.hpp>

namespace cloud_backend::detail {

namespace {

[[noreturn]] void refuse_custom(const std::string& what) {
    throw ConfigError(what + " is custom: Anthropic's protocol has functions only");
}

const char* type_of(const ToolChoice& choice) {
    switch (choice.kind()) {
        case ToolChoice::Kind::automatic:
            return "auto";
        case ToolChoice::Kind::none:
            return "none";
        case ToolChoice::Kind::required:
            return "any";
        case ToolChoice::Kind::function:
            return "tool";
        case ToolChoice::Kind::custom:
            refuse_custom("tool_choice");
    }
    return "auto";
}

}  // namespace

std::string anthropic_tool_json(const Tool& tool, const std::string& where) {
    if (tool.type == "custom") refuse_custom(where);
    ObjectWriter object(tool.extra, where + ".");
    if (tool.type != "function") {
        object.add("type", tool.type);
        object.add_unless_empty("name", tool.name);
        return object.finish();
    }
    object.add("name", tool.name);
    object.add_unless_empty("description", tool.description);
    object.add_json("input_schema", tool.parameters.empty()
                                        ? R"({"type":"object","properties":{}})"
                                        : checked_object(tool.parameters, where + ".parameters"));
    object.add("strict", tool.strict);
    return object.finish();
}

std::string anthropic_tool_choice_json(const ChatRequest& request) {
    const bool one_at_a_time = !request.parallel_tool_calls.value_or(true);
    if (!request.tool_choice && !(one_at_a_time && !request.tools.empty())) return {};
    const ToolChoice choice = request.tool_choice.value_or(ToolChoice::automatic());
    ObjectWriter object("tool_choice.");
    object.add("type", std::string(type_of(choice)));
    object.add_unless_empty("name", choice.name());
    if (one_at_a_time && choice.kind() != ToolChoice::Kind::none) {
        object.add("disable_parallel_tool_use", true);
    }
    return object.finish();
}

}  // namespace cloud_backend::detail
