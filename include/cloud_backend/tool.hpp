#pragma once

#include <cloud_backend/export.hpp>
#include <cloud_backend/raw_json.hpp>

#include <optional>
#include <string>

namespace cloud_backend {

/// A tool that the model may call (SPEC C1). Of a kind that the server runs itself only `type`,
/// `name` and `extra` are sent.
struct CLOUD_BACKEND_EXPORT Tool {
    /// "function", "custom", or a kind that the server runs itself and `extra` describes.
    std::string type = "function";
    std::string name{};
    std::string description{};
    RawJson parameters{};          ///< Of a function: the JSON schema of its arguments, an object.
    std::optional<bool> strict{};  ///< Of a function: the arguments must follow the schema.
    RawJson format{};              ///< Of a custom tool: what its input must look like, an object.
    RawJson extra{};               ///< Fields beside `type`, added as they stand.

    /// A function whose arguments are described by a JSON schema; none: it takes no arguments.
    [[nodiscard]] static Tool function(std::string name, std::string description,
                                       RawJson parameters = {});
    /// A tool that takes any text; `format` may bind it to a grammar.
    [[nodiscard]] static Tool custom(std::string name, std::string description,
                                     RawJson format = {});
};

/// Whether, and which, tools the model calls.
class CLOUD_BACKEND_EXPORT ToolChoice {
public:
    /// The choices there are.
    enum class Kind { automatic, none, required, function, custom };

    [[nodiscard]] static ToolChoice automatic();  ///< As the model likes.
    /// None of them.
    [[nodiscard]] static ToolChoice none();
    [[nodiscard]] static ToolChoice required();  ///< At least one.
    /// This function.
    [[nodiscard]] static ToolChoice function(std::string name);
    /// This custom tool.
    [[nodiscard]] static ToolChoice custom(std::string name);

    /// Which of them this is.
    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    /// Of the function or custom tool to call.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    ToolChoice(Kind kind, std::string name);

    Kind kind_;
    std::string name_;
};

}  // namespace cloud_backend
