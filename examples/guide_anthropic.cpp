// Anthropic's Messages API behind the same calls.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <iostream>

namespace {

namespace cb = cloud_backend;

/// Stands in for the service.
embedded_server::Answer service(const embedded_server::Request& request) {
    using embedded_server::Answer;
    if (request.target != "/v1/messages" || request.header("x-api-key") != "any") {
        return Answer::json(404, R"({"error":{"type":"not_found_error","message":"Not here."}})");
    }
    return Answer::json(200, R"({"id":"msg_1","type":"message","role":"assistant",
        "model":"claude-sonnet-4-5","content":[{"type":"text","text":"Hello!"}],
        "stop_reason":"end_turn","usage":{"input_tokens":14,"output_tokens":5}})");
}

}  // namespace

int main() try {
    const embedded_server::EmbeddedServer server({.handler = service});
    //! [ask]
    // The service itself: create_anthropic_backend(anthropic_from_environment()).
    const auto backend = cb::create_anthropic_backend({.base_url = server.url(), .api_key = "any"});
    const auto answer = backend->chat_completion(
        {.model = "claude-sonnet-4-5",
         .messages = {cb::Message::system("Be brief."), cb::Message::user("Say hello.")},
         .max_completion_tokens = 100});
    std::cout << answer.content() << " [" << answer.finish_reason() << "]\n";
    //! [ask]
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
