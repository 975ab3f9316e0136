// What a model thinks before it answers, shown apart from the answer, and what thinking cost.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <iostream>
#include <string_view>

namespace {

namespace cb = cloud_backend;

constexpr const char* last_chunk =
    R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":12,"completion_tokens":21,"total_tokens":33,)"
    R"("completion_tokens_details":{"reasoning_tokens":16}}})";

/// Stands in for a service that shows its reasoning, in the words of most that do.
embedded_server::Answer thoughtful(const embedded_server::Request& /*request*/) {
    return embedded_server::Answer::stream(
        {R"({"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]})",
         R"({"choices":[{"index":0,"delta":{"reasoning_content":"17 * 24 is 17 * 20 "}}]})",
         R"({"choices":[{"index":0,"delta":{"reasoning_content":"plus 17 * 4."}}]})",
         R"({"choices":[{"index":0,"delta":{"content":"It is "}}]})",
         R"({"choices":[{"index":0,"delta":{"content":"408."}}]})", last_chunk, "[DONE]"});
}

/// Writes what comes, under a heading wherever reasoning or the answer begins.
class Transcript {
public:
    void operator()(const cb::ChatChunk& chunk) {
        write("thinking: ", chunk.reasoning());
        write("answer: ", chunk.content());
    }

private:
    void write(std::string_view heading, std::string_view text) {
        if (text.empty()) return;
        if (heading != heading_) std::cout << (heading_.empty() ? "" : "\n") << heading;
        heading_ = heading;
        std::cout << text << std::flush;
    }

    std::string_view heading_{};
};

}  // namespace

int main() try {
    const embedded_server::EmbeddedServer server({.handler = thoughtful});
    const auto backend = cb::create_openai_backend({.base_url = server.url(), .api_key = "any"});

    const auto answer =
        backend->chat_completion({.model = "deepseek-reasoner",
                                  .messages = {cb::Message::user("What is 17 times 24?")},
                                  .reasoning_effort = "low",
                                  .stream_options = cb::StreamOptions{}},
                                 Transcript());
    const auto usage = answer.usage.value_or(cb::Usage{});
    std::cout << "\n[" << usage.reasoning_tokens << " of " << usage.completion_tokens
              << " tokens for thinking]\n";
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
