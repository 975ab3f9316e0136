// A span for each call and for each of its attempts, in the terms of OpenTelemetry's conventions
// for GenAI clients, and the trace carried on to the server. A tracing library would stand where
// this prints.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <string_view>

namespace {

namespace cb = cloud_backend;
using namespace std::chrono_literals;

std::string random_hex(int digits) {
    static std::random_device random;
    std::ostringstream hex;
    for (int i = 0; i < digits; ++i) hex << std::hex << random() % 16;
    return hex.str();
}

//! [tracer]
/// The spans of calls that are under way. Hooks come on any thread.
class Tracer {
public:
    void start_call(const cb::CallInfo& call) {
        const std::lock_guard lock(mutex_);
        // "00-TRACE-PARENT-FLAGS" of the caller; without one a trace begins here.
        const std::string_view parent = call.traceparent;
        const bool is_one = parent.size() == 55 && parent.starts_with("00-");
        spans_[call.id] = {.trace = is_one ? std::string(parent.substr(3, 32)) : random_hex(32),
                           .flags = is_one ? std::string(parent.substr(53)) : "01"};
    }

    cb::Headers headers_of_attempt(const cb::CallInfo& call) {
        const std::lock_guard lock(mutex_);
        Span& span = spans_.at(call.id);
        span.attempt = random_hex(16);
        return {{"traceparent", "00-" + span.trace + '-' + span.attempt + '-' + span.flags}};
    }

    void end_attempt(const cb::CallInfo& call, const cb::AttemptInfo& attempt) {
        const std::lock_guard lock(mutex_);
        std::cout << "  span POST " << spans_.at(call.id).attempt << ": http.response.status_code "
                  << attempt.status << ", http.request.resend_count " << attempt.number - 1;
        if (attempt.error) std::cout << ", error.type " << to_string(*attempt.error);
        std::cout << '\n';
    }

    void end_call(const cb::CallInfo& call, const cb::CallSummary& summary) {
        const std::lock_guard lock(mutex_);
        std::cout << "span " << call.operation << ' ' << call.model << ": gen_ai.provider.name "
                  << call.server.provider;
        if (summary.error) std::cout << ", error.type " << to_string(*summary.error);
        if (summary.answer.usage != nullptr) {
            std::cout << ", gen_ai.usage.output_tokens " << summary.answer.usage->completion_tokens;
        }
        std::cout << ", trace " << spans_.at(call.id).trace << '\n';
        spans_.erase(call.id);
    }

private:
    struct Span {
        std::string trace{};
        std::string flags{};
        std::string attempt{};  ///< The one under way.
    };

    std::mutex mutex_;
    std::map<std::uint64_t, Span> spans_;
};
//! [tracer]

}  // namespace

int main() try {
    embedded_server::EmbeddedServer server;
    server.enqueue(embedded_server::Answer::json(503, "{}"));

    //! [hooks]
    Tracer tracer;
    const auto backend = cb::create_openai_backend(
        {.base_url = server.url(),
         .api_key = "any",
         .retry = {.max_backoff = 10ms},
         .hooks = {
             .on_call_started = [&](const auto& call) { tracer.start_call(call); },
             .trace_headers = [&](const auto& call) { return tracer.headers_of_attempt(call); },
             .on_attempt_finished = [&](const auto& call,
                                        const auto& attempt) { tracer.end_attempt(call, attempt); },
             .on_call_finished = [&](const auto& call,
                                     const auto& summary) { tracer.end_call(call, summary); }}});
    //! [hooks]

    //! [parent]
    const std::string incoming = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    (void)backend->chat_completion(
        {.model = "gpt-4o-mini", .messages = {cb::Message::user("ping")}},
        cb::CallOptions{.headers = {{"traceparent", incoming}}});
    //! [parent]
    for (const auto& request : server.requests()) {
        std::cout << "the server was sent " << request.header("traceparent") << '\n';
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
