// The smallest program: one question, one answer.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <iostream>

int main() try {
    // Stands in for the real service, so that this runs anywhere and costs nothing. With a key in
    // OPENAI_API_KEY: create_openai_backend(cloud_backend::from_environment()).
    const embedded_server::EmbeddedServer server;
    const auto backend =
        cloud_backend::create_openai_backend({.base_url = server.url(), .api_key = "any"});

    //! [ask]
    const auto answer = backend->chat_completion(
        {.model = "gpt-4o-mini", .messages = {cloud_backend::Message::user("ping")}});
    std::cout << answer.content() << '\n';
    //! [ask]
} catch (const cloud_backend::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
