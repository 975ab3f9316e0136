// A question about an image in a file, which is sent along:
//     vision red_dot.png
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

namespace {

namespace cb = cloud_backend;

/// Stands in for a model that sees: says what it was shown.
embedded_server::Answer look(const embedded_server::Request& request) {
    using Json = nlohmann::json;
    const auto content = Json::parse(request.body).at("messages").at(0).at("content");
    const auto url = content.at(1).at("image_url").at("url").get<std::string>();
    const auto reply = "I see \"" + url.substr(0, url.find(',')) + "\" and " +
                       std::to_string(url.size()) + " characters in all.";
    const Json message{{"role", "assistant"}, {"content", reply}};
    const Json choice{{"index", 0}, {"message", message}, {"finish_reason", "stop"}};
    return embedded_server::Answer::json(200, Json{{"choices", {choice}}}.dump());
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::cerr << "usage: vision IMAGE\n";
        return 2;
    }
    const embedded_server::EmbeddedServer server({.handler = look});
    const auto backend = cb::create_openai_backend({.base_url = server.url(), .api_key = "any"});

    const auto answer = backend->chat_completion(
        {.model = "gpt-4o-mini",
         .messages = {cb::Message::user("What is this?", {cb::ImagePart::from_file(argv[1])})}});
    std::cout << answer.content() << '\n';
} catch (const cb::ConfigError& error) {
    std::cerr << error.what() << '\n';
    return 2;
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
