#pragma once

#include <cloud_backend/export.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend {

/// Which names of models a route is for. Names are compared byte by byte: case matters.
///
/// Each way to make one throws `ConfigError` for an empty text.
class CLOUD_BACKEND_EXPORT ModelPattern {
public:
    /// From the most to the least particular.
    enum class Kind { exact, prefix, regex };

    /// This name alone.
    [[nodiscard]] static ModelPattern exact(std::string name);
    /// Every name that begins so.
    [[nodiscard]] static ModelPattern prefix(std::string beginning);
    /// An ECMAScript expression that the whole name must match, of at most 1,024 bytes and 1,000
    /// counted repetitions. Names longer than 256 bytes match none: they may come from strangers,
    /// and matching costs time and stack with each byte. For the same reason there are no
    /// back-references where the standard library can do without (libstdc++). The expression itself
    /// must not come from a stranger. Throws `ConfigError`, too, for what is no such expression.
    [[nodiscard]] static ModelPattern regex(std::string expression);

    /// How names are compared.
    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    /// Name, beginning or expression, as it was given.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// Whether it is for `model`. Thread-safe.
    [[nodiscard]] bool matches(std::string_view model) const;

private:
    class Regex;

    ModelPattern(Kind kind, std::string text);

    Kind kind_;
    std::string text_;
    std::shared_ptr<const Regex> regex_{};
};

/// Where requests for some models go.
struct ModelRoute {
    ModelPattern pattern;
    std::string backend{};  ///< Its name.
    std::string model{};    ///< Asked for instead of the request's model, unless empty.
    int priority = 0;       ///< Higher ones are tried first.
};

/// Routes by the name of the model (SPEC F6). A value, which never changes: any number of threads
/// may use it at once.
///
/// A route of higher priority is tried first; among equals exact names come before prefixes,
/// prefixes before regular expressions, longer prefixes before shorter ones, then the one written
/// first. As JSON:
///
///     {"routes": [
///         {"exact": "gpt-4o", "backend": "openai", "model": "gpt-4o-2024-08-06", "priority": 10},
///         {"prefix": "claude-", "backend": "anthropic"},
///         {"regex": "llama.*", "backend": "local", "model": "llama3"}]}
///
/// Every way to make them throws `ConfigError` for what must be a mistake: a route without a
/// backend, or with the pattern and priority of an earlier one. It names the place:
/// "routes.json: routes[2].priority: expected an integer".
class CLOUD_BACKEND_EXPORT ModelRoutes {
public:
    /// Of routes in the order in which they are written.
    explicit ModelRoutes(std::vector<ModelRoute> routes);

    /// From JSON text of at most 1 MiB. Unknown and repeated fields are mistakes as well.
    [[nodiscard]] static ModelRoutes parse(std::string_view json);
    /// From a file of such text.
    [[nodiscard]] static ModelRoutes load(const std::string& path);

    /// The route for `model`, null if there is none. Lives as long as the routes.
    [[nodiscard]] const ModelRoute* find(std::string_view model) const;

    /// All of them, in the order in which they are tried.
    [[nodiscard]] const std::vector<ModelRoute>& in_order() const noexcept { return routes_; }

private:
    std::vector<ModelRoute> routes_;
};

}  // namespace cloud_backend
