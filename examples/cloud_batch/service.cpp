#include "service.hpp"

#include "terminal.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_batch {

namespace {

using cloud_backend::CallHandlers;
using cloud_backend::CallOptions;
using cloud_backend::ClientOptions;
using cloud_backend::Duration;
using cloud_backend::FallbackBackend;
using cloud_backend::LogLevel;
using cloud_backend::RawJson;
using std::chrono::milliseconds;

/// Of the environment, and of a server that is named: that one needs no key.
ClientOptions server_options(const Arguments& arguments) {
    ClientOptions options = cloud_backend::from_environment();
    const char* const url = std::getenv("OPENAI_BASE_URL");  // NOLINT(concurrency-mt-unsafe)
    options.require_api_key = !arguments.base_url && (url == nullptr || *url == '\0');
    if (arguments.base_url) options.base_url = *arguments.base_url;
    return options;
}

ClientOptions options_of(const Fallback& fallback) {
    ClientOptions options{.base_url = fallback.url, .require_api_key = !fallback.key_env.empty()};
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets environment variables here
    if (!fallback.key_env.empty()) options.api_key = std::getenv(fallback.key_env.c_str());
    return options;
}

std::shared_ptr<cloud_backend::OpenAICloudBackend> make_backend(const Arguments& arguments,
                                                                ClientOptions options) {
    options.allow_insecure_http = arguments.allow_insecure_http;
    options.retry.max_retries = arguments.max_retries;
    options.deadline = arguments.deadline;
    options.timeouts.first_byte = options.timeouts.idle = arguments.timeout;
    // Of many calls in flight a few fail in a row by chance: what tells is their share.
    options.breaker.fail_max = 20;
    options.breaker.failure_rate = cloud_backend::FailureRateOptions{};
    options.log_level = arguments.verbose ? LogLevel::debug : LogLevel::warning;
    options.log = [](LogLevel, std::string_view line) { complain(line); };
    return cloud_backend::create_openai_backend(std::move(options));
}

}  // namespace

Service::Service(const Arguments& arguments)
    : server_(make_backend(arguments, server_options(arguments))) {
    if (arguments.fallbacks.empty()) return;
    std::vector<FallbackBackend> backends{{.name = "server", .backend = server_}};
    for (const Fallback& fallback : arguments.fallbacks) {
        backends.push_back({.name = fmt::format("fallback {}", backends.size()),
                            .backend = make_backend(arguments, options_of(fallback)),
                            .model = fallback.model});
    }
    router_ = std::make_unique<cloud_backend::FallbackRouter>(std::move(backends));
}

void Service::ask(const BatchRequest& request, CallHandlers handlers, const std::stop_token& stop) {
    const CallOptions options{.stop = stop};
    if (router_ == nullptr) {
        server_->chat_completion_raw_async(request.body, std::move(handlers), {}, options);
        return;
    }
    router_->chat_completion_async(
        {.model = model_of(request.body),
         .extra = RawJson::trusted(without_model_and_stream(request.body))},
        std::move(handlers), options);
}

std::optional<Duration> Service::unavailable_for() const {
    const auto error = router_ ? router_->unavailable("") : server_->unavailable("");
    if (!error) return std::nullopt;
    return error->retry_after.value_or(std::chrono::seconds(1));
}

}  // namespace cloud_batch
