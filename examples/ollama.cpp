// A model on one's own machine that calls a tool twice and answers with what it says.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <iostream>
#include <string>

namespace {

namespace cb = cloud_backend;

/// Stands in for Ollama: both tool calls have the same index, and the answer no finish reason.
embedded_server::Answer model(const embedded_server::Request& request) {
    if (request.body.find(R"("role":"tool")") != std::string::npos) {
        return embedded_server::Answer::stream(
            {R"({"choices":[{"index":0,"delta":{"content":"Sunny "},"finish_reason":null}]})",
             R"({"choices":[{"index":0,"delta":{"content":"in both."},"finish_reason":null}]})",
             "[DONE]"});
    }
    return embedded_server::Answer::stream(
        {R"({"choices":[{"index":0,"delta":{"tool_calls":[{"id":"call_1","index":0,)"
         R"("function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]}}]})",
         R"({"choices":[{"index":0,"delta":{"tool_calls":[{"id":"call_2","index":0,)"
         R"("function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]}}]})",
         R"({"choices":[{"index":0,"delta":{"content":""},"finish_reason":"tool_calls"}]})",
         "[DONE]"});
}

}  // namespace

int main() try {
    const embedded_server::EmbeddedServer server({.handler = model});
    //! [backend]
    // With Ollama at its usual port: create_service_backend("ollama").
    const auto backend = cb::create_service_backend("ollama", {.base_url = server.url()});
    //! [backend]
    const auto show = [](const cb::ChatChunk& chunk) {
        std::cout << chunk.content() << std::flush;
    };

    cb::ChatRequest request{
        .model = "qwen3:8b",
        .messages = {cb::Message::user("How is the weather in Paris and Rome?")},
        .tools = {cb::Tool::function("weather", "The weather of a city.",
                                     cb::RawJson::parse_text(R"({"type":"object","properties":
                                         {"city":{"type":"string"}},"required":["city"]})"))}};
    const cb::Message asked = backend->chat_completion(request, show).choices.at(0).message;
    request.messages.push_back(asked);
    for (const cb::ToolCall& call : asked.tool_calls) {
        std::cout << call.name << '(' << call.arguments << ")\n";
        request.messages.push_back(cb::Message::tool(call.id, "sunny"));
    }
    (void)backend->chat_completion(request, show);
    std::cout << '\n';
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
