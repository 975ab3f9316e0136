// A user's program: public headers only, built outside this project in each way a user would.
#include <cloud_backend/cloud_backend.hpp>

#include <nlohmann/json.hpp>

#include <iostream>

int main() try {
    const auto backend = cloud_backend::create_openai_backend({
        .base_url = "http://127.0.0.1:1",  // A reserved port that no program listens on.
        .api_key = "any",
        .retry = {.max_retries = 0},
    });
    const auto answer =
        backend->chat_completion({.model = "any",
                                  .messages = {cloud_backend::Message::user("ping")},
                                  .extra = nlohmann::json{{"seed", 7}}});
    std::cerr << "answered: " << answer.raw.parse().dump() << '\n';
    return 1;
} catch (const cloud_backend::ConnectionError& error) {
    std::cout << "cloud_backend " CLOUD_BACKEND_VERSION ": " << error.what() << '\n';
}
