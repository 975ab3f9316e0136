#include "service.hpp"

#include "report.hpp"
#include "terminal.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/openai.hpp>
#include <cloud_backend/service_preset.hpp>

#include <chat_answers.hpp>

#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_chat {

namespace {

using cloud_backend::ClientOptions;
using cloud_backend::FallbackBackend;
using cloud_backend::LogLevel;

using Backend = std::unique_ptr<cloud_backend::ChatBackend>;

bool url_in_environment() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets environment variables here
    const char* const url = std::getenv("OPENAI_BASE_URL");
    return url != nullptr && *url != '\0';
}

/// Neither a server nor a key for one: OpenAI would refuse.
bool names_nobody(const Arguments& arguments) {
    return !arguments.base_url && !arguments.service && !url_in_environment() &&
           cloud_backend::from_environment().api_key.value().empty();
}

ClientOptions with_settings(const Arguments& arguments, ClientOptions options) {
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
    return options;
}

Backend make_backend(const ServiceEntry& entry, const Arguments& arguments) {
    if (!entry.is_url()) {
        return cloud_backend::create_service_backend(entry.server, with_settings(arguments, {}));
    }
    return cloud_backend::create_openai_backend(
        with_settings(arguments, {.base_url = entry.server, .require_api_key = false}));
}

/// Its first answer is a 503, so that a retry can be seen.
Service open_embedded_server(const Arguments& arguments) {
    using namespace std::chrono_literals;
    auto server = std::make_unique<embedded_server::EmbeddedServer>(embedded_server::ServerOptions{
        .handler = embedded_server::chat_service({.token_delay = 40ms, .first_status = 503})});
    auto backend = cloud_backend::create_openai_backend(
        with_settings(arguments, {.base_url = server->url(), .require_api_key = false}));
    std::string url = server->url();
    return {.name = std::move(url),
            .embedded_server = std::move(server),
            .backend = std::move(backend)};
}

/// A server that is named by its URL needs no key.
Service open_named_server(const Arguments& arguments) {
    ClientOptions options = cloud_backend::from_environment();
    options.require_api_key = !arguments.base_url && !url_in_environment();
    if (arguments.base_url) options.base_url = *arguments.base_url;
    std::string url = options.base_url;
    return {.name = std::move(url),
            .backend =
                cloud_backend::create_openai_backend(with_settings(arguments, std::move(options)))};
}

Service open_first(const Arguments& arguments) {
    if (arguments.embedded) return open_embedded_server(arguments);
    if (names_nobody(arguments)) {
        if (!arguments.fallbacks.empty()) {
            throw cloud_backend::ConfigError(
                "--fallback wants a server before it: set OPENAI_API_KEY, or name one");
        }
        complain("no OPENAI_API_KEY and no --base-url, so a server inside this program answers");
        return open_embedded_server(arguments);
    }
    if (arguments.service) {
        return {.name = arguments.service->text,
                .backend = make_backend(*arguments.service, arguments)};
    }
    return open_named_server(arguments);
}

}  // namespace

Service open_service(const Arguments& arguments) {
    Service service = open_first(arguments);
    if (arguments.fallbacks.empty()) return service;
    std::vector<FallbackBackend> backends;
    backends.push_back({.name = service.name, .backend = std::move(service.backend)});
    for (const ServiceEntry& entry : arguments.fallbacks) {
        backends.push_back(
            {.name = entry.text, .backend = make_backend(entry, arguments), .model = entry.model});
    }
    service.backend = std::make_unique<cloud_backend::FallbackRouter>(std::move(backends));
    return service;
}

}  // namespace cloud_chat
