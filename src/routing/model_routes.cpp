#include <cloud_backend/error.hpp>
#include <cloud_backend/model_routes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <locale>
#include <map>
#include <regex>
#include <tuple>
#include <utility>

namespace cloud_backend {

namespace {

constexpr std::size_t longest_expression = 1024;  // Compiling it recurses once per character.
constexpr std::size_t most_repetitions = 1000;    // A count is compiled to so many copies.
constexpr std::size_t longest_matched_model = 256;

/// libstdc++ fills a table of a locale unguarded when it is first needed, which is a race between
/// threads that compile or match "\b". So it is needed here first.
std::locale with_filled_tables(const std::locale& locale) {
    const char any = 'x';
    char narrowed{};
    std::use_facet<std::ctype<char>>(locale).narrow(&any, &any + 1, '\0', &narrowed);
    return locale;
}

/// "(a{20}){30}" repeats 600 times.
std::size_t repetitions(std::string_view expression) {
    std::size_t product = 1;
    for (std::size_t at = 0; (at = expression.find('{', at)) != std::string_view::npos; ++at) {
        std::size_t largest = 1;
        std::size_t count = 0;
        for (const char c : expression.substr(at + 1)) {
            const bool is_digit = c >= '0' && c <= '9';
            if (!is_digit && c != ',') break;
            count =
                is_digit ? std::min(10 * count + std::size_t(c - '0'), most_repetitions + 1) : 0;
            largest = std::max(largest, count);
        }
        product = std::min(product * largest, most_repetitions + 1);
    }
    return product;
}

std::regex compile(const std::string& expression) {
    auto flags = std::regex::ECMAScript | std::regex::nosubs;
#ifdef __GLIBCXX__
    // Its backtracking needs 2 s to find that "(-[a-z-]*)*" does not match 26 dashes and a "!".
    flags |= std::regex_constants::__polynomial;
#endif
    static const std::locale locale = with_filled_tables(std::locale::classic());
    std::regex compiled;
    compiled.imbue(locale);
    compiled.assign(expression, flags);
    return compiled;
}

}  // namespace

class ModelPattern::Regex {
public:
    explicit Regex(const std::string& expression) : regex_(compile(expression)) {}

    [[nodiscard]] bool matches(std::string_view model) const {
        return model.size() <= longest_matched_model &&
               std::regex_match(model.begin(), model.end(), regex_);
    }

private:
    std::regex regex_;
};

ModelPattern::ModelPattern(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {
    if (text_.empty()) throw ConfigError("expected a pattern, not an empty text");
}

ModelPattern ModelPattern::exact(std::string name) {
    return {Kind::exact, std::move(name)};
}

ModelPattern ModelPattern::prefix(std::string beginning) {
    return {Kind::prefix, std::move(beginning)};
}

ModelPattern ModelPattern::regex(std::string expression) {
    ModelPattern pattern(Kind::regex, std::move(expression));
    if (pattern.text_.size() > longest_expression) {
        throw ConfigError("the regular expression is longer than 1,024 bytes");
    }
    if (repetitions(pattern.text_) > most_repetitions) {
        throw ConfigError("the regular expression repeats something more than 1,000 times");
    }
    try {
        pattern.regex_ = std::make_shared<const Regex>(pattern.text_);
    } catch (const std::regex_error& error) {
        throw ConfigError(std::string("not a regular expression: ") + error.what());
    }
    return pattern;
}

bool ModelPattern::matches(std::string_view model) const {
    switch (kind_) {
        case Kind::exact:
            return model == text_;
        case Kind::prefix:
            return model.starts_with(text_);
        case Kind::regex:
            return regex_->matches(model);
    }
    return false;
}

namespace {

std::string at(std::size_t index) {
    return "routes[" + std::to_string(index) + "]";
}

void check(const std::vector<ModelRoute>& routes) {
    using Claim = std::tuple<int, ModelPattern::Kind, std::string_view>;
    std::map<Claim, std::size_t> claims;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        const ModelRoute& route = routes[i];
        if (route.backend.empty()) {
            throw ConfigError(at(i) + ".backend: expected the name of a backend");
        }
        const auto [earlier, is_new] =
            claims.emplace(Claim(route.priority, route.pattern.kind(), route.pattern.text()), i);
        if (!is_new) {
            throw ConfigError(at(i) + ": has the pattern and priority of " + at(earlier->second));
        }
    }
}

/// The lower comes first.
auto rank(const ModelRoute& route) {
    const bool is_prefix = route.pattern.kind() == ModelPattern::Kind::prefix;
    const auto length = is_prefix ? std::int64_t(route.pattern.text().size()) : 0;
    return std::tuple(-std::int64_t(route.priority), route.pattern.kind(), -length);
}

}  // namespace

ModelRoutes::ModelRoutes(std::vector<ModelRoute> routes) : routes_(std::move(routes)) {
    check(routes_);
    std::ranges::stable_sort(routes_, {}, rank);
}

const ModelRoute* ModelRoutes::find(std::string_view model) const {
    const auto found = std::ranges::find_if(
        routes_, [model](const ModelRoute& route) { return route.pattern.matches(model); });
    return found == routes_.end() ? nullptr : &*found;
}

}  // namespace cloud_backend
