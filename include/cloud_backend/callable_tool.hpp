#pragma once

#include <cloud_backend/export.hpp>
#include <cloud_backend/raw_json.hpp>
#include <cloud_backend/tool.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace cloud_backend {

/// What the model is told of a call: text, or JSON of anything with `dump()`.
class ToolResult {
public:
    /// A text, told as it is.
    ToolResult(std::string text)  // NOLINT(google-explicit-constructor)
        : text_(std::move(text)) {}
    /// Null is an empty text.
    ToolResult(const char* text)  // NOLINT(google-explicit-constructor)
        : text_(text == nullptr ? "" : text) {}
    ToolResult(std::nullptr_t) = delete;
    /// Throws as `RawJson` does.
    template <std::convertible_to<RawJson> Json>
    ToolResult(const Json& json)  // NOLINT(google-explicit-constructor)
        : text_(RawJson(json).text()) {}

    /// What the model is told. Lives as long as the result.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

/// A tool of this program's own, for run_tools().
///
/// What its function throws is told to the model, as "error: " and `what()`, if it derives from
/// `std::exception`; anything else ends the run and passes unchanged.
struct CLOUD_BACKEND_EXPORT CallableTool {
    /// The arguments are a JSON object, nested 256 levels at most; `{}` when the model gave none
    /// or null.
    /// That they follow the schema is the model's word only. `arguments.parse()` parses them.
    using Function = std::function<ToolResult(const RawJson& arguments)>;
    /// The input is text of any form.
    using CustomFunction = std::function<ToolResult(const std::string& input)>;

    Tool tool{};  ///< What the model is told of it.
    /// Given the arguments as JSON text, or the input of a custom tool.
    CustomFunction call{};

    /// Of a function with a JSON schema of its arguments, an object; none: it takes no arguments.
    [[nodiscard]] static CallableTool function(std::string name, std::string description,
                                               RawJson parameters, Function function);
    /// Of a custom tool, which takes any text; `format` may bind it to a grammar.
    [[nodiscard]] static CallableTool custom(std::string name, std::string description,
                                             RawJson format, CustomFunction function);
};

}  // namespace cloud_backend
