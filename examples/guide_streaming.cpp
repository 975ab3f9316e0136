// Streams: stopped, cancelled, cut, pulled and told as events.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <iostream>
#include <stop_token>

namespace {

namespace cb = cloud_backend;
using embedded_server::Answer;

void stop_by_callback(cb::ChatBackend& backend, const cb::ChatRequest& request) {
    //! [stop]
    const auto until_first_word = [](const cb::ChatChunk& chunk) {
        std::cout << chunk.content();
        return chunk.content().empty();  // False: no more, please.
    };
    const cb::ChatCompletion answer = backend.chat_completion(request, until_first_word);
    std::cout << " (stopped, that is no error: \"" << answer.content() << "\")\n";
    //! [stop]
}

void cancel(cb::ChatBackend& backend, const cb::ChatRequest& request) {
    //! [cancel]
    std::stop_source stop;  // Another thread would keep it, and request the stop.
    const auto show = [&stop](const cb::ChatChunk& chunk) {
        std::cout << chunk.content();
        if (!chunk.content().empty()) stop.request_stop();
    };
    try {
        backend.chat_completion(request, show, {.stop = stop.get_token()});
    } catch (const cb::CancelledError& error) {
        std::cout << " (cancelled";
        if (error.partial() != nullptr)
            std::cout << " after \"" << error.partial()->content() << '"';
        std::cout << ")\n";
    }
    //! [cancel]
}

void meet_a_cut(cb::ChatBackend& backend, const cb::ChatRequest& request) {
    //! [cut]
    const auto show = [](const cb::ChatChunk& chunk) { std::cout << chunk.content(); };
    try {
        backend.chat_completion(request, show);
    } catch (const cb::StreamTruncatedError& error) {
        std::cout << " (cut, and not sent again, for part of it has been shown)\n";
        if (error.partial() != nullptr) std::cout << "kept: " << error.partial()->content() << '\n';
    }
    //! [cut]
}

void pull(cb::ChatBackend& backend, const cb::ChatRequest& request) {
    //! [pull]
    cb::ChatStream stream = backend.stream(request);
    for (const cb::ChatChunk& chunk : stream) std::cout << chunk.content();
    std::cout << " [" << stream.completion().finish_reason() << "]\n";
    //! [pull]
}

void tell_events(cb::ChatBackend& backend, const cb::ChatRequest& request) {
    //! [events]
    cb::stream_events(
        backend, request,
        {.on_content = [](const cb::TextEvent& event) { std::cout << event.text; },
         .on_finish =
             [](const cb::FinishEvent& event) { std::cout << " [" << event.reason << "]\n"; }});
    //! [events]
}

}  // namespace

int main() try {
    embedded_server::EmbeddedServer server;
    const auto backend = cb::create_openai_backend({.base_url = server.url(), .api_key = "any"});
    const cb::ChatRequest request{.model = "gpt-4o-mini", .messages = {cb::Message::user("hello")}};

    stop_by_callback(*backend, request);
    cancel(*backend, request);
    server.enqueue(
        Answer::stream({R"({"choices":[{"index":0,"delta":{"content":"Half an ans"}}]})"}));
    meet_a_cut(*backend, request);
    pull(*backend, request);
    tell_events(*backend, request);
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
