// What a kept connection saves where there is TLS: nginx on the other side.
#include "../tests/integration/real_server_nginx.hpp"
#include "process_cost.hpp"
#include "race.hpp"

#include <cloud_backend/openai.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <vector>

namespace {

using namespace cloud_backend;

constexpr int calls = 200;

std::unique_ptr<OpenAICloudBackend> connect_to(const test::Nginx& server) {
    return create_openai_backend({.base_url = server.url(),
                                  .api_key = "sk-none",
                                  .tls = {.ca_file = test::certificates().authority.certificate}});
}

double cost_per_call(const test::Nginx& server, bool kept) {
    const ChatRequest request{.model = "gpt-4o-mini", .messages = {Message::user("ping")}};
    auto backend = connect_to(server);
    static_cast<void>(backend->chat_completion(request));
    const auto before = benchmarks::process_cost();
    for (int i = 0; i < calls; ++i) {
        if (!kept) backend = connect_to(server);
        static_cast<void>(backend->chat_completion(request));
    }
    return static_cast<double>((benchmarks::process_cost() - before).count()) / calls / 1'000;
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t rounds = 5;
    CLI::App app("Compares calls on a kept connection with calls on fresh ones, over TLS.");
    app.add_option("--rounds", rounds, "Of which the median is printed")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const test::Nginx server({.upstream = "http://127.0.0.1:9",  // Never asked.
                              .http_directives = "keepalive_requests 1000000;",
                              .server_directives = R"(location = /v1/chat/completions {
            default_type application/json;
            return 200 '{"choices":[{"index":0,"message":{"role":"assistant","content":"pong"},"finish_reason":"stop"}]}';
        })"});
    std::vector<double> kept;
    std::vector<double> fresh;
    std::vector<double> ratios;
    for (std::size_t round = 0; round < rounds; ++round) {
        kept.push_back(cost_per_call(server, true));
        fresh.push_back(cost_per_call(server, false));
        ratios.push_back(kept.back() / fresh.back());
    }
    constexpr double bar = 0.1;
    const double ratio = benchmarks::median(ratios);
    fmt::print("calls over TLS, us of CPU: on a kept connection {:.0f}, on fresh ones {:.0f}\n",
               benchmarks::median(kept), benchmarks::median(fresh));
    fmt::print("  {:.3f} x (bar {}){}\n", ratio, bar, ratio <= bar ? "" : " MISSED");
    return ratio <= bar ? EXIT_SUCCESS : EXIT_FAILURE;
}
