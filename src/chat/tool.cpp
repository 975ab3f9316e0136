#include <cloud_backend/tool.hpp>

#include <utility>

namespace cloud_backend {

Tool Tool::function(std::string name, std::string description, RawJson parameters) {
    return {.name = std::move(name),
            .description = std::move(description),
            .parameters = std::move(parameters)};
}

Tool Tool::custom(std::string name, std::string description, RawJson format) {
    return {.type = "custom",
            .name = std::move(name),
            .description = std::move(description),
            .format = std::move(format)};
}

ToolChoice::ToolChoice(Kind kind, std::string name) : kind_(kind), name_(std::move(name)) {}

ToolChoice ToolChoice::automatic() {
    return {Kind::automatic, {}};
}

ToolChoice ToolChoice::none() {
    return {Kind::none, {}};
}

ToolChoice ToolChoice::required() {
    return {Kind::required, {}};
}

ToolChoice ToolChoice::function(std::string name) {
    return {Kind::function, std::move(name)};
}

ToolChoice ToolChoice::custom(std::string name) {
    return {Kind::custom, std::move(name)};
}

}  // namespace cloud_backend
