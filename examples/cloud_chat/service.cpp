#include "service.hpp"

#include "report.hpp"
#include "terminal.hpp"

#include <cloud_backend/openai.hpp>

#include <chat_answers.hpp>

#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace cloud_chat {

namespace {

using cloud_backend::ClientOptions;
using cloud_backend::LogLevel;

/// Empty when neither a key nor a server is named: then OpenAI would refuse anyway.
std::optional<ClientOptions> external_server(const Arguments& arguments) {
    ClientOptions options = cloud_backend::from_environment();
    const bool has_key = !options.api_key.value().empty();
    const char* const url = std::getenv("OPENAI_BASE_URL");  // NOLINT(concurrency-mt-unsafe)
    const bool names_server = arguments.base_url || (url != nullptr && *url != '\0');
    if (arguments.base_url) options.base_url = *arguments.base_url;
    if (!has_key && !names_server) return std::nullopt;
    options.require_api_key = !names_server;  // a local server needs none
    return options;
}

/// Its first answer is a 503, so that a retry can be seen.
Service start_embedded_server() {
    using namespace std::chrono_literals;
    auto server = std::make_unique<embedded_server::EmbeddedServer>(embedded_server::ServerOptions{
        .handler = embedded_server::chat_service({.token_delay = 40ms, .first_status = 503})});
    std::string url = server->url();
    return {.url = std::move(url), .embedded_server = std::move(server)};
}

void apply(const Arguments& arguments, ClientOptions& options) {
    options.allow_insecure_http = arguments.allow_insecure_http;
    options.retry.max_retries = arguments.max_retries;
    options.hooks.on_retry = [](const cloud_backend::CallInfo&,
                                const cloud_backend::AttemptInfo& attempt) {
        remark(describe_retry(attempt));
    };
    options.log_level = arguments.verbose ? LogLevel::debug : LogLevel::off;
    options.log = [](LogLevel, std::string_view line) { remark(line); };
    if (arguments.timeout) {
        auto& timeouts = options.timeouts;
        timeouts.connect = timeouts.first_byte = timeouts.idle = *arguments.timeout;
    }
}

}  // namespace

Service open_service(const Arguments& arguments) {
    auto options = arguments.embedded ? std::nullopt : external_server(arguments);
    Service service;
    if (!options) {
        if (!arguments.embedded) {
            complain(
                "no OPENAI_API_KEY and no --base-url, so a server inside this program answers");
        }
        service = start_embedded_server();
        options = ClientOptions{.base_url = service.url, .require_api_key = false};
    }
    apply(arguments, *options);
    service.url = options->base_url;
    service.backend = cloud_backend::create_openai_backend(*std::move(options));
    return service;
}

}  // namespace cloud_chat
