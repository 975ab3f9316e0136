// What a program may do about each kind of error: asks servers that fail in one way after another,
// and prints what it would do.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace {

namespace cb = cloud_backend;
using embedded_server::Answer;

//! [decide]
/// The particular before the general: a catch clause takes what derives from its class, too.
std::string ask(cb::ChatBackend& backend, const cb::ChatRequest& request) try {
    return std::string(backend.chat_completion(request).content());
} catch (const cb::ConfigError& error) {
    return std::string("mend the program or its settings: ") + error.what();
} catch (const cb::AuthenticationError&) {
    return "ask the operator for another key";
} catch (const cb::QuotaExceededError&) {
    return "tell whoever pays";
} catch (const cb::RateLimitError& error) {
    const auto wait = error.retry_after().value_or(std::chrono::minutes(1));
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(wait);
    return "put the question off for " + std::to_string(minutes.count()) + " minutes";
} catch (const cb::ApiError& error) {
    if (error.context_length_exceeded()) return "shorten the conversation";
    if (error.content_filter()) return "tell the user that this is not answered";
    return error.retryable() ? "try again later" : "mend the request";
} catch (const cb::ConnectionError& error) {
    return error.sent() ? "the server may have worked on it, and charge for it" : "is it running?";
} catch (const cb::Error& error) {
    return error.retryable() ? "try again later" : "give up";
}
//! [decide]

//! [report]
/// What belongs in a report of a fault.
void report(const cb::Error& error) {
    std::cout << error.what() << '\n';
    for (const cb::AttemptInfo& attempt : error.attempts()) {
        std::cout << "  attempt: status " << attempt.status << ", curl code " << attempt.curl_code
                  << '\n';
    }
    if (!error.request_id().empty()) std::cout << "  request id " << error.request_id() << '\n';
    if (error.partial() != nullptr) std::cout << "  so far: " << error.partial()->content() << '\n';
}
//! [report]

std::string error_body(const std::string& code) {
    return R"({"error":{"message":"No.","code":")" + code + R"("}})";
}

/// Of a server that was stopped: nobody listens there.
std::string url_of_stopped_server() {
    return embedded_server::EmbeddedServer().url();
}

}  // namespace

int main() try {
    embedded_server::EmbeddedServer server;
    const auto backend = cb::create_openai_backend(
        {.base_url = server.url(), .api_key = "any", .retry = {.max_retries = 0}});
    const auto stopped = cb::create_openai_backend({.base_url = url_of_stopped_server(),
                                                    .require_api_key = false,
                                                    .retry = {.max_retries = 0}});
    const cb::ChatRequest request{.model = "gpt-4o-mini", .messages = {cb::Message::user("ping")}};

    server.enqueue(Answer::json(401, error_body("invalid_api_key")));
    std::cout << ask(*backend, request) << '\n';
    server.enqueue(Answer::json(400, error_body("context_length_exceeded")));
    std::cout << ask(*backend, request) << '\n';
    server.enqueue(Answer::json(429, error_body("insufficient_quota")));
    std::cout << ask(*backend, request) << '\n';
    server.enqueue(Answer::json(500, error_body("server_error")));
    std::cout << ask(*backend, request) << '\n';
    std::cout << ask(*stopped, request) << '\n';
    std::cout << ask(*backend, request) << '\n';

    // The server wants to be left alone for longer than a call may wait: the next one fails at
    // once, and nothing is sent.
    server.enqueue(Answer::json(429, error_body("rate_limit_exceeded"), {{"Retry-After", "115"}}));
    std::cout << ask(*backend, request) << '\n';
    const std::size_t requests = server.request_count();
    std::cout << ask(*backend, request) << '\n';
    std::cout << server.request_count() - requests << " requests\n";

    try {
        backend->chat_completion(request);
    } catch (const cb::RateLimitError& error) {
        std::cout << error.attempts().size() << " attempts\n";
    }
    const auto other = cb::create_openai_backend(
        {.base_url = server.url(), .api_key = "any", .retry = {.max_retries = 0}});
    server.enqueue(Answer::json(403, error_body("not_yours"), {{"x-request-id", "req_7"}}));
    other->chat_completion(request);
} catch (const cb::Error& error) {
    report(error);
}
