#include "chat/anthropic_decoder.hpp"
#include "chat/anthropic_request.hpp"
#include "chat/chat_reader.hpp"
#include "core/url.hpp"
#include "environment.hpp"

#include <cloud_backend/anthropic.hpp>
#include <cloud_backend/error.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace cloud_backend {

namespace {

constexpr std::string_view messages_path = "/messages";
constexpr const char* service_url = "https://api.anthropic.com";

bool is_openai(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);  // The root of all names, which it may say.
    return host == "openai.com" || host.ends_with(".openai.com");
}

/// The key must reach whom it belongs to, whatever the options leave unsaid.
ClientOptions for_anthropic(ClientOptions options) {
    const std::string openai = ClientOptions{}.base_url;
    if (options.base_url == openai) options.base_url = service_url;
    if (is_openai(detail::host_of(options.base_url))) {
        throw ConfigError("base_url is OpenAI's: the key of an Anthropic backend is not for it");
    }
    return options;
}

/// The official clients append "/v1/messages" to whatever the variable holds, ours only "/messages"
/// to a path (SPEC T12).
std::string with_version(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    const bool has_query = url.find('?') != std::string::npos;
    const bool complete = has_query || url.ends_with("/v1") || url.ends_with(messages_path);
    return complete ? url : url + "/v1";
}

}  // namespace

AnthropicCloudBackend::AnthropicCloudBackend(ClientOptions options)
    : CloudBackendClient(for_anthropic(std::move(options))) {}

AnthropicCloudBackend::~AnthropicCloudBackend() = default;

ChatCompletion AnthropicCloudBackend::chat_completion(const ChatRequest& request,
                                                      const CallOptions& call_options) {
    std::string body = detail::to_anthropic_json(request, detail::Delivery::whole);
    const LimitOptions& limits = options().limits;
    detail::CompletionReader reader(limits,
                                    std::make_unique<detail::AnthropicDecoder>(limits.json_depth));
    return detail::completion_of(reader,
                                 stream(messages_path, std::move(body), reader, call_options));
}

ChatCompletion AnthropicCloudBackend::chat_completion(const ChatRequest& request,
                                                      const ChunkCallback& on_chunk,
                                                      const CallOptions& call_options) {
    std::string body = detail::to_anthropic_json(request, detail::Delivery::streamed);
    const LimitOptions& limits = options().limits;
    detail::ChatStreamReader reader(on_chunk,
                                    {.limits = limits,
                                     .fail_on_malformed = options().fail_on_malformed,
                                     .stop = call_options.stop},
                                    std::make_unique<detail::AnthropicDecoder>(limits.json_depth));
    return detail::completion_of(reader,
                                 stream(messages_path, std::move(body), reader, call_options));
}

std::optional<ErrorDetails> AnthropicCloudBackend::unavailable(std::string_view /*model*/) const {
    return CloudBackendClient::unavailable();
}

AuthScheme AnthropicCloudBackend::auth_scheme() const {
    return {.header = "x-api-key", .prefix = ""};
}

Headers AnthropicCloudBackend::request_headers() const {
    return {{"anthropic-version", "2023-06-01"}};
}

std::unique_ptr<AnthropicCloudBackend> create_anthropic_backend(ClientOptions options) {
    return std::make_unique<AnthropicCloudBackend>(std::move(options));
}

ClientOptions anthropic_from_environment() {
    ClientOptions options{.base_url = service_url,
                          .api_key = detail::environment_variable("ANTHROPIC_API_KEY")};
    if (auto url = detail::environment_variable("ANTHROPIC_BASE_URL"); !url.empty()) {
        options.base_url = with_version(std::move(url));
    }
    return options;
}

}  // namespace cloud_backend
