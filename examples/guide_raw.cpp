// For programs that have their requests as JSON text already: sent with its bytes kept.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

namespace cb = cloud_backend;

int main() try {
    const embedded_server::EmbeddedServer server;
    const auto backend = cb::create_openai_backend({.base_url = server.url(), .api_key = "any"});

    //! [raw]
    const std::string body =
        R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":"ping"}],"top_k":40})";
    const cb::RawJson answer = backend->chat_completion_raw(body);
    std::cout << answer.parse().at("choices").at(0).at("message").at("content") << '\n';

    // Streamed: `stream` is set in the body that is sent, and nothing else.
    const auto show = [](const cb::ChatChunk& chunk) { std::cout << chunk.content(); };
    const cb::ChatCompletion whole = backend->chat_completion_raw(body, show);
    std::cout << " [" << whole.finish_reason() << "]\n";
    //! [raw]
    std::cout << "the field of one server's own "
              << (server.requests().back().body.find(R"("top_k":40)") != std::string::npos
                      ? "was kept\n"
                      : "is lost\n");
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
