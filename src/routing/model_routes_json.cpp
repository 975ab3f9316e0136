#include "core/redact.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/model_routes.hpp>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <ios>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace cloud_backend {

namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_text = 1024UL * 1024;
constexpr std::size_t deepest = 16;

/// Does `read`, whose complaint gets the place in front of it.
template <class Read>
auto read_at(const std::string& place, const Read& read) {
    try {
        return read();
    } catch (const ConfigError& error) {
        throw ConfigError(place + ": " + error.details().message);
    }
}

/// Watches the parser for what a finished document does not show.
class ParserWatch {
public:
    bool operator()(int /*depth*/, Json::parse_event_t event, const Json& parsed) {
        switch (event) {
            case Json::parse_event_t::object_start:
            case Json::parse_event_t::array_start:
                if (names_.size() == deepest) throw ConfigError("is nested too deeply");
                names_.emplace_back();
                break;
            case Json::parse_event_t::object_end:
            case Json::parse_event_t::array_end:
                names_.pop_back();
                break;
            case Json::parse_event_t::key:
                check_new(parsed.get_ref<const std::string&>());
                break;
            case Json::parse_event_t::value:
                break;
        }
        return true;
    }

private:
    void check_new(const std::string& name) {
        if (names_.back().insert(name).second) return;
        throw ConfigError("the field \"" + detail::printable(name, 64) + "\" is repeated");
    }

    std::vector<std::set<std::string>> names_{};  ///< For each object and array that is open.
};

Json parse_document(std::string_view text) {
    if (text.size() > longest_text) throw ConfigError("is longer than 1 MiB");
    // nlohmann would take it for the end of the text.
    if (text.find('\0') != std::string_view::npos) throw ConfigError("contains a NUL");
    try {
        return Json::parse(text, ParserWatch());
    } catch (const Json::exception& error) {
        const std::string_view what = error.what();
        constexpr std::string_view end_of_id = "] ";
        throw ConfigError(std::string(what.substr(what.find(end_of_id) + end_of_id.size())));
    }
}

const std::string& read_text(const Json& value) {
    if (!value.is_string()) throw ConfigError("expected a string");
    return value.get_ref<const std::string&>();
}

int read_integer(const Json& value) {
    if (!value.is_number_integer()) throw ConfigError("expected an integer");
    const bool fits = value.is_number_unsigned() ? std::in_range<int>(value.get<std::uint64_t>())
                                                 : std::in_range<int>(value.get<std::int64_t>());
    if (!fits) throw ConfigError("the integer is out of range");
    return value.get<int>();
}

void check_object(const Json& value) {
    if (!value.is_object()) throw ConfigError("expected an object");
}

/// A route whose fields are still being read.
struct PartialRoute {
    std::optional<ModelPattern> pattern{};
    std::string backend{};
    std::string model{};
    int priority = 0;

    void read_pattern(ModelPattern (*make)(std::string), const Json& value) {
        if (pattern) throw ConfigError("the route has another pattern already");
        pattern = make(read_text(value));
    }

    void read_field(const std::string& name, const Json& value) {
        if (name == "exact") {
            read_pattern(&ModelPattern::exact, value);
        } else if (name == "prefix") {
            read_pattern(&ModelPattern::prefix, value);
        } else if (name == "regex") {
            read_pattern(&ModelPattern::regex, value);
        } else if (name == "backend") {
            backend = read_text(value);
        } else if (name == "model") {
            model = read_text(value);
        } else if (name == "priority") {
            priority = read_integer(value);
        } else {
            throw ConfigError("unknown field");
        }
    }
};

ModelRoute read_route(const Json& object, const std::string& place) {
    read_at(place, [&] { check_object(object); });
    PartialRoute route;
    for (const auto& [name, value] : object.items()) {
        read_at(place + "." + detail::printable(name, 64),
                [&, &field = name, &content = value] { route.read_field(field, content); });
    }
    if (!route.pattern) {
        throw ConfigError(place + R"(: expected one of "exact", "prefix" and "regex")");
    }
    return {.pattern = *std::move(route.pattern),
            .backend = std::move(route.backend),
            .model = std::move(route.model),
            .priority = route.priority};
}

std::vector<ModelRoute> read_routes(const Json& document) {
    check_object(document);
    for (const auto& [name, value] : document.items()) {
        if (name != "routes") throw ConfigError(detail::printable(name, 64) + ": unknown field");
    }
    const auto array = document.find("routes");
    if (array == document.end() || !array->is_array()) {
        throw ConfigError("routes: expected an array");
    }
    std::vector<ModelRoute> routes;
    for (const Json& object : *array) {
        routes.push_back(read_route(object, "routes[" + std::to_string(routes.size()) + "]"));
    }
    return routes;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(longest_text + 1, '\0');
    if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad()) {
        const std::error_code reason(errno, std::generic_category());
        throw ConfigError("cannot be read: " + reason.message());
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

}  // namespace

ModelRoutes ModelRoutes::parse(std::string_view json) {
    return ModelRoutes(read_routes(parse_document(json)));
}

ModelRoutes ModelRoutes::load(const std::string& path) {
    return read_at(path, [&] { return parse(read_file(path)); });
}

}  // namespace cloud_backend
