// A streamed answer, token by token, from a server whose first answer is a 503: the retry is
// reported, and the answer comes all the same.
#include <cloud_backend/cloud_backend.hpp>

#include <chat_answers.hpp>
#include <embedded_server.hpp>

#include <chrono>
#include <iostream>

namespace {

double seconds(cloud_backend::Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

void report_retry(const cloud_backend::CallInfo&, const cloud_backend::AttemptInfo& attempt) {
    std::cerr << "[status " << attempt.status << "; next attempt in " << seconds(attempt.wait)
              << " s]\n";
}

void report_end(const cloud_backend::ChatCompletion& answer) {
    const auto& call = answer.metadata;
    std::cerr << "[" << call.attempts.size() << " attempts, first token after "
              << seconds(call.time_to_first_chunk.value_or(call.total_time)) << " s, finish reason "
              << answer.finish_reason() << "]\n";
}

}  // namespace

int main(int argc, char** argv) try {
    using namespace std::chrono_literals;
    const embedded_server::EmbeddedServer server(
        {.handler = embedded_server::chat_service({.token_delay = 40ms, .first_status = 503})});
    const auto backend = cloud_backend::create_openai_backend(
        {.base_url = server.url(), .api_key = "any", .hooks = {.on_retry = report_retry}});

    const cloud_backend::ChatRequest request{
        .model = "gpt-4o-mini",
        .messages = {cloud_backend::Message::user(argc > 1 ? argv[1] : "Say hello.")}};
    const auto answer = backend->chat_completion(
        request,
        [](const cloud_backend::ChatChunk& chunk) { std::cout << chunk.content() << std::flush; });
    std::cout << '\n';
    report_end(answer);
} catch (const cloud_backend::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
