#include "async_chat.hpp"
#include "chat/anthropic_decoder.hpp"
#include "chat/anthropic_request.hpp"
#include "chat/chat_reader.hpp"
#include "chat/model_list.hpp"
#include "chat/request_override.hpp"
#include "environment.hpp"
#include "openai_host.hpp"
#include "provider.hpp"
#include "pulled_chat.hpp"

#include <cloud_backend/anthropic.hpp>
#include <cloud_backend/error.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cloud_backend {

namespace {

constexpr std::string_view messages_path = "/messages";
constexpr const char* models_path = "/models?limit=1000";  // A page holds 20 otherwise.
constexpr const char* service_url = "https://api.anthropic.com";

ServiceRequest chat_request(const ChatRequest& request, detail::Delivery delivery) {
    return {.path = std::string(messages_path),
            .body = detail::to_anthropic_json(request, delivery),
            .operation = "chat",
            .model = detail::requested_answer(request).model};
}

/// The key must reach whom it belongs to, whatever the options leave unsaid.
ClientOptions for_anthropic(ClientOptions options) {
    const std::string openai = ClientOptions{}.base_url;
    if (options.base_url == openai) options.base_url = service_url;
    if (detail::is_openai(options.base_url)) {
        throw ConfigError("base_url is OpenAI's: the key of an Anthropic backend is not for it");
    }
    return detail::provided_by("anthropic", std::move(options));
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

AnthropicCloudBackend::~AnthropicCloudBackend() {
    cancel_calls();
}

ChatCompletion AnthropicCloudBackend::chat_completion(const ChatRequest& request,
                                                      const CallOptions& options) {
    return ask(chat_request(request, detail::Delivery::whole), nullptr, options);
}

ChatCompletion AnthropicCloudBackend::chat_completion(const ChatRequest& request,
                                                      const ChunkCallback& on_chunk,
                                                      const CallOptions& options) {
    return ask(chat_request(request, detail::Delivery::streamed), &on_chunk, options);
}

CallHandle AnthropicCloudBackend::chat_completion_async(const ChatRequest& request,
                                                        CallHandlers handlers,
                                                        const CallOptions& call_options) {
    ServiceRequest asked = chat_request(request, detail::delivery_to(handlers));
    const CallSource source(call_options.stop);
    const auto chat = std::make_shared<detail::AsyncChat>();
    chat->handlers = std::move(handlers);
    chat->reader = make_reader(chat->on_chunk(), source.stop_token());
    start(std::move(asked), detail::reader_of(chat), detail::finisher_of(chat), source,
          call_options);
    return source.handle();
}

ChatStream AnthropicCloudBackend::stream(const ChatRequest& request,
                                         const CallOptions& call_options) {
    ServiceRequest asked = chat_request(request, detail::Delivery::streamed);
    auto chat = std::make_unique<detail::PulledChat>(call_options.stop);
    auto reader = make_reader(&chat->on_chunk(), chat->stop_token());
    auto call = open(std::move(asked), *reader, chat->options(call_options));
    chat->begin(std::move(reader), std::move(call));
    return ChatStream(std::move(chat));
}

std::optional<ErrorDetails> AnthropicCloudBackend::unavailable(std::string_view /*model*/) const {
    return CloudBackendClient::unavailable();
}

std::unique_ptr<detail::ChatReader> AnthropicCloudBackend::make_reader(
    const ChunkCallback* on_chunk, std::stop_token stop) const {
    const LimitOptions& limits = options().limits;
    return detail::make_chat_reader(on_chunk,
                                    {.limits = limits,
                                     .fail_on_malformed = options().fail_on_malformed,
                                     .stop = std::move(stop)},
                                    std::make_unique<detail::AnthropicDecoder>(limits.json_depth));
}

ChatCompletion AnthropicCloudBackend::ask(ServiceRequest request, const ChunkCallback* on_chunk,
                                          const CallOptions& call_options) const {
    const auto reader = make_reader(on_chunk, call_options.stop);
    return detail::completion_of(*reader, exchange(std::move(request), *reader, call_options));
}

std::vector<ModelInfo> AnthropicCloudBackend::list_models(const CallOptions& call_options) const {
    detail::ModelListReader reader(options().limits);
    exchange({.path = models_path, .operation = "list_models"}, reader, call_options);
    return reader.take();
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
