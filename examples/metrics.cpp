// Metrics of calls for Prometheus: prints what there is after a few of them. With a port (0: a free
// one) it serves them at /metrics until its standard input ends.
#include <cloud_backend/cloud_backend.hpp>

#include <chat_answers.hpp>
#include <embedded_server.hpp>

#include <charconv>
#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

namespace {

namespace cb = cloud_backend;
using namespace std::chrono_literals;

/// Plain, streamed, retried and refused ones.
void make_calls(cb::ChatBackend& backend, embedded_server::EmbeddedServer& service) {
    const cb::ChatRequest ping{.model = "gpt-4o-mini", .messages = {cb::Message::user("ping")}};
    (void)backend.chat_completion(ping);
    service.enqueue(embedded_server::Answer::json(503, "{}"));
    (void)backend.chat_completion(ping, [](const cb::ChatChunk&) {});
    service.enqueue(embedded_server::Answer::json(401, "{}"));
    try {
        (void)backend.chat_completion(ping);
    } catch (const cb::AuthenticationError&) {
        // Counted, too.
    }
}

void serve(const cb::MetricsHooks& metrics, std::uint16_t port) {
    //! [serve]
    embedded_server::EmbeddedServer server(
        {.port = port, .handler = [&metrics](const embedded_server::Request& request) {
             if (request.target != "/metrics") return embedded_server::Answer::status(404);
             return embedded_server::Answer::status(
                 200, {{"Content-Type", "text/plain; version=0.0.4"}}, metrics.prometheus_text());
         }});
    //! [serve]
    std::cout << server.url() << "/metrics" << std::endl;
    while (std::cin.get() != std::char_traits<char>::eof()) continue;
}

std::optional<std::uint16_t> read_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return port;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto port = argc > 1 ? read_port(argv[1]) : std::nullopt;
    if (argc > 1 && !port) {
        std::cerr << "usage: metrics [PORT]\n";
        return 2;
    }
    embedded_server::EmbeddedServer service;
    //! [metrics]
    const cb::MetricsHooks metrics;
    const auto backend = cb::create_openai_backend({.base_url = service.url(),
                                                    .api_key = "any",
                                                    .retry = {.max_backoff = 10ms},
                                                    .hooks = metrics.hooks()});
    //! [metrics]
    make_calls(*backend, service);
    if (port) {
        serve(metrics, *port);
    } else {
        std::cout << metrics.prometheus_text();
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
