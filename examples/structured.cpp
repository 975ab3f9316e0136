// An answer in the shape of a type of one's own: the schema says what is wanted, parse_content()
// makes the value.
#include <cloud_backend/cloud_backend.hpp>
#include <cloud_backend/parse_content.hpp>

#include <embedded_server.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <string>
#include <vector>

struct Recipe {
    std::string dish;
    int minutes = 0;
    std::vector<std::string> ingredients;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Recipe, dish, minutes, ingredients)

namespace {

namespace cb = cloud_backend;

const nlohmann::json schema = {
    {"type", "object"},
    {"properties",
     {{"dish", {{"type", "string"}}},
      {"minutes", {{"type", "integer"}}},
      {"ingredients", {{"type", "array"}, {"items", {{"type", "string"}}}}}}},
    {"required", {"dish", "minutes", "ingredients"}},
    {"additionalProperties", false}};

/// Stands in for a model that can cook, and may be told to be short.
embedded_server::Answer cook(const embedded_server::Request& request) {
    using Json = nlohmann::json;
    const std::string recipe =
        R"({"dish":"pancakes","minutes":20,"ingredients":["flour","milk","eggs"]})";
    const bool cut = Json::parse(request.body).contains("max_completion_tokens");
    const Json message{{"role", "assistant"}, {"content", cut ? recipe.substr(0, 20) : recipe}};
    const Json choice{
        {"index", 0}, {"message", message}, {"finish_reason", cut ? "length" : "stop"}};
    return embedded_server::Answer::json(200, Json{{"choices", {choice}}}.dump());
}

}  // namespace

int main() try {
    const embedded_server::EmbeddedServer server({.handler = cook});
    const auto backend = cb::create_openai_backend({.base_url = server.url(), .api_key = "any"});
    cb::ChatRequest request{.model = "gpt-4o-mini",
                            .messages = {cb::Message::user("Something quick, please.")},
                            .response_format = cb::ResponseFormat::json_schema("recipe", schema)};

    const auto recipe = cb::parse_content<Recipe>(backend->chat_completion(request));
    std::cout << recipe.dish << ", " << recipe.minutes << " minutes:";
    for (const std::string& ingredient : recipe.ingredients) std::cout << ' ' << ingredient;
    std::cout << '\n';

    // An answer that was cut is no recipe, however well it begins.
    request.max_completion_tokens = 5;
    (void)cb::parse_content<Recipe>(backend->chat_completion(request));
} catch (const cb::ContentError& error) {
    std::cout << error.what() << '\n';
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
