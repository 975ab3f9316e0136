#include <cloud_backend/cloud_backend.hpp>

#include <iostream>
namespace cb = cloud_backend;

int main() try {
    const auto backend = cb::create_openai_backend(cb::from_environment());
    const cb::ChatRequest ask{.model = "gpt-4o-mini",
                              .messages = {cb::Message::user("Say hello.")}};
    const auto show = [](const cb::ChatChunk& chunk) {
        std::cout << chunk.content() << std::flush;
    };
    const cb::ChatCompletion answer = backend->chat_completion(ask, show);
    std::cout << "\n[" << answer.finish_reason() << "]\n";
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
