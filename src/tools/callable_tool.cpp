#include <cloud_backend/callable_tool.hpp>

namespace cloud_backend {

CallableTool CallableTool::function(std::string name, std::string description, RawJson parameters,
                                    Function function) {
    CallableTool tool{
        .tool = Tool::function(std::move(name), std::move(description), std::move(parameters))};
    if (function) {
        tool.call = [function = std::move(function)](const std::string& arguments) {
            return function(RawJson::trusted(arguments));
        };
    }
    return tool;
}

CallableTool CallableTool::custom(std::string name, std::string description, RawJson format,
                                  CustomFunction function) {
    return {.tool = Tool::custom(std::move(name), std::move(description), std::move(format)),
            .call = std::move(function)};
}

}  // namespace cloud_backend
