#include "chat/tool_json.hpp"

#include "chat/object_writer.hpp"

namespace cloud_backend::detail {

std::string tool_json(const Tool& tool, const std::string& where) {
    const bool function = tool.type == "function";
    ObjectWriter object(tool.extra, where + ".");
    object.add("type", tool.type);
    if (!function && tool.type != "custom") {
        object.add_unless_empty("name", tool.name);
        return object.finish();
    }
    ObjectWriter described(where + "." + tool.type + ".");
    described.add("name", tool.name);
    described.add_unless_empty("description", tool.description);
    if (function) {
        described.add_object_unless_empty("parameters", tool.parameters);
        described.add("strict", tool.strict);
    } else {
        described.add_object_unless_empty("format", tool.format);
    }
    object.add_json(tool.type, described.finish());
    return object.finish();
}

std::string tool_choice_json(const ToolChoice& choice) {
    const auto named = [&](const std::string& type) {
        const std::string name = text_of(choice.name(), "tool_choice." + type + ".name");
        return R"({"type":")" + type + R"(",")" + type + R"(":{"name":)" + name + "}}";
    };
    switch (choice.kind()) {
        case ToolChoice::Kind::automatic:
            return R"("auto")";
        case ToolChoice::Kind::none:
            return R"("none")";
        case ToolChoice::Kind::required:
            return R"("required")";
        case ToolChoice::Kind::function:
            return named("function");
        case ToolChoice::Kind::custom:
            return named("custom");
    }
    return R"("auto")";
}

}  // namespace cloud_backend::detail
