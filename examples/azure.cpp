// A model deployed on Azure, and what its content filter does not let through.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <iostream>
#include <string>

namespace {

namespace cb = cloud_backend;

/// Stands in for Azure: its first chunk has no choice, its last one no delta.
embedded_server::Answer deployment(const embedded_server::Request& request) {
    using embedded_server::Answer;
    if (request.target != "/openai/deployments/gpt-4o-eu/chat/completions?api-version=2024-10-21") {
        return Answer::json(404,
                            R"({"error":{"code":"DeploymentNotFound","message":"Not here."}})");
    }
    if (request.header("api-key") != "any") {
        return Answer::json(401, R"({"error":{"code":"401","message":"Access denied."}})");
    }
    if (request.body.find("punch") != std::string::npos) {
        return Answer::json(400, R"({"error":{"code":"content_filter","message":"Filtered.",
            "innererror":{"code":"ResponsibleAIPolicyViolation"}}})");
    }
    return Answer::stream(
        {R"({"choices":[],"prompt_filter_results":[{"prompt_index":0}]})",
         R"({"choices":[{"index":0,"delta":{"role":"assistant","content":"Hello "}}]})",
         R"({"choices":[{"index":0,"delta":{"content":"from Sweden."}}]})",
         R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})",
         R"({"choices":[{"index":0,"content_filter_offsets":{"start_offset":0}}]})", "[DONE]"});
}

void ask(cb::ChatBackend& backend, const std::string& question) try {
    const auto show = [](const cb::ChatChunk& chunk) { std::cout << chunk.content(); };
    const auto answer = backend.chat_completion({.messages = {cb::Message::user(question)}}, show);
    std::cout << " [" << answer.finish_reason() << "]\n";
} catch (const cb::BadRequestError& error) {
    if (!error.content_filter()) throw;
    std::cout << "The content filter stopped: " << question << '\n';
}

}  // namespace

int main() try {
    const embedded_server::EmbeddedServer server({.handler = deployment});
    //! [backend]
    // On Azure: .resource = "contoso" in place of the endpoint, and the key in
    // AZURE_OPENAI_API_KEY.
    const auto backend = cb::create_azure_backend(
        {.deployment = "gpt-4o-eu", .api_version = "2024-10-21", .endpoint = server.url()},
        {.api_key = "any"});
    //! [backend]
    ask(*backend, "Say hello.");
    ask(*backend, "Whom shall I punch?");
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
