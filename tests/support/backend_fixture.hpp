#pragma once

#include <cloud_backend/openai.hpp>

#include <embedded_server.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend::test {

/// Options for a backend of the embedded server whose backoff does not slow a test down.
inline ClientOptions quick_options(const std::string& url) {
    return {.base_url = url,
            .api_key = "sk-test-key",
            .retry = {.backoff_factor = 0.001},
            .log = [](LogLevel, std::string_view) {}};
}

inline ChatRequest ask(std::string text = "ping") {
    return {.model = "gpt-4o-mini", .messages = {Message::user(std::move(text))}};
}

/// A chunk as OpenAI writes it.
inline std::string chunk_json(std::string_view delta, std::string_view finish_reason = "null") {
    std::string json = R"({"id":"c-1","object":"chat.completion.chunk","created":7,"model":"m",)"
                       R"("choices":[{"index":0,"delta":)";
    return json.append(delta).append(R"(,"finish_reason":)").append(finish_reason).append("}]}");
}

inline std::string content_chunk(std::string_view text) {
    return chunk_json(std::string(R"({"content":")").append(text).append("\"}"));
}

/// role, "one", " two", " three", finish.
inline std::vector<std::string> three_word_events() {
    return {chunk_json(R"({"role":"assistant","content":""})"), content_chunk("one"),
            content_chunk(" two"), content_chunk(" three"), chunk_json("{}", R"("stop")")};
}

inline std::vector<std::string> with_done(std::vector<std::string> events) {
    events.emplace_back("[DONE]");
    return events;
}

}  // namespace cloud_backend::test
