#include "tools/make_call.hpp"

#include "chat/json_document.hpp"
#include "core/ascii.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <exception>
#include <variant>

namespace cloud_backend::detail {

namespace {

CallOutcome error(const std::string& text) {
    return {.text = "error: " + repair_utf8(text), .failed = true};
}

CallOutcome call_with(const CallableTool& tool, const std::string& arguments) {
    try {
        return {.text = repair_utf8(tool.call(arguments).text())};
    } catch (const std::exception& exception) {
        return error(exception.what());
    }
}

CallOutcome call_function(const CallableTool& tool, const std::string& arguments) {
    if (trim(arguments).empty()) return call_with(tool, "{}");
    JsonDocument document;
    const JsonParse parse = document.parse(arguments);
    if (const auto* fault = std::get_if<JsonFault>(&parse)) {
        return error(*fault == JsonFault::too_deep ? "the arguments are nested too deeply"
                                                   : "the arguments are not valid JSON");
    }
    const auto json = std::get<simdjson::dom::element>(parse);
    if (json.is_null()) return call_with(tool, "{}");
    if (!json.is_object()) {
        return error("the arguments are not a JSON object");
    }
    return call_with(tool, std::string(document.source()));
}

}  // namespace

CallOutcome make_call(const std::vector<CallableTool>& tools, const std::vector<Tool>& known,
                      const ToolCall& call) {
    if (call.name.empty()) return error("the call names no tool");
    const auto found =
        std::ranges::find_if(tools, [&](const auto& tool) { return tool.tool.name == call.name; });
    if (found == tools.end()) {
        const bool is_known = std::ranges::find(known, call.name, &Tool::name) != known.end();
        return error(is_known ? "this tool cannot be called here"
                              : "there is no tool \"" + call.name + '"');
    }
    return found->tool.type == "custom" ? call_with(*found, call.arguments)
                                        : call_function(*found, call.arguments);
}

}  // namespace cloud_backend::detail
