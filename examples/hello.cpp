#include <cloud_backend/cloud_backend.hpp>

#include <iostream>
using namespace cloud_backend;

int main() try {
    const auto backend = create_openai_backend(from_environment());
    const ChatRequest ask{.model = "gpt-4o-mini", .messages = {Message::user("Say hello.")}};
    const auto show = [](const ChatChunk& chunk) { std::cout << chunk.content() << std::flush; };
    const ChatCompletion answer = backend->chat_completion(ask, show);
    std::cout << "\n[" << answer.finish_reason() << "]\n";
} catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
