// A second backend is asked where the first is slower than it nearly always was.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <chrono>
#include <iostream>
#include <memory>

namespace {

namespace cb = cloud_backend;
using namespace std::chrono_literals;

std::shared_ptr<cb::ChatBackend> backend_at(const embedded_server::EmbeddedServer& server) {
    return cb::create_openai_backend({.base_url = server.url(), .api_key = "any"});
}

}  // namespace

int main() try {
    embedded_server::EmbeddedServer usual;
    const embedded_server::EmbeddedServer spare;

    //! [hedge]
    cb::HedgedBackend hedged(
        {.name = "usual", .backend = backend_at(usual)},
        {.name = "spare", .backend = backend_at(spare), .model = "my-deployment"},
        {.on_hedge = [](const cb::Hedge& hedge) {
            std::cout << hedge.secondary << " is asked for " << hedge.model << ", too\n";
        }});
    //! [hedge]
    const cb::ChatRequest request{.model = "gpt-4o-mini", .messages = {cb::Message::user("ping")}};

    // What is usual is known after 20 calls.
    for (int i = 0; i < 20; ++i) (void)hedged.chat_completion(request);
    usual.enqueue(embedded_server::Answer::json(200, "{}").delay(5min));
    const auto answer = hedged.chat_completion(request);
    std::cout << answer.metadata.backend << ": " << answer.content() << '\n';
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
