#include "async_chat.hpp"
#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"
#include "chat/model_list.hpp"
#include "chat/request_override.hpp"
#include "environment.hpp"
#include "option_checks.hpp"
#include "provider.hpp"
#include "pulled_chat.hpp"

#include <cloud_backend/openai.hpp>

#include <string>
#include <utility>

namespace cloud_backend {

namespace {

constexpr const char* models_path = "/models";
constexpr const char* service_url = "https://api.openai.com/v1";

}  // namespace

namespace detail {

/// A request, and what its reader needs to know of it.
struct ChatBody {
    std::string json{};
    std::string model{};
    int choices = 1;
};

namespace {

/// `extra` may name the model, and how many choices, too.
ChatBody body_of(const ChatRequest& request, Delivery delivery, const RequestDialect& dialect) {
    std::string json = to_json(request, delivery, dialect);
    RequestedAnswer asked = requested_answer(request);
    return {std::move(json), std::move(asked.model), asked.choices};
}

ChatBody body_of(std::string_view request, const RawRequestOptions& raw, Delivery delivery) {
    std::string json = override_request(request, raw.model, delivery);
    RequestedAnswer asked = requested_answer(json);
    return {std::move(json), std::move(asked.model), asked.choices};
}

}  // namespace
}  // namespace detail

using detail::Delivery;

OpenAICloudBackend::OpenAICloudBackend(ClientOptions options, RequestDialect dialect)
    : CloudBackendClient(detail::provided_by("openai", std::move(options))),
      dialect_(std::move(dialect)) {
    detail::check_dialect(dialect_);
}

OpenAICloudBackend::~OpenAICloudBackend() {
    cancel_calls();
}

ChatCompletion OpenAICloudBackend::chat_completion(const ChatRequest& request,
                                                   const CallOptions& options) {
    return ask(detail::body_of(request, Delivery::whole, dialect_), nullptr, options);
}

ChatCompletion OpenAICloudBackend::chat_completion(const ChatRequest& request,
                                                   const ChunkCallback& on_chunk,
                                                   const CallOptions& options) {
    return ask(detail::body_of(request, Delivery::streamed, dialect_), &on_chunk, options);
}

CallHandle OpenAICloudBackend::chat_completion_async(const ChatRequest& request,
                                                     CallHandlers handlers,
                                                     const CallOptions& call_options) {
    auto body = detail::body_of(request, detail::delivery_to(handlers), dialect_);
    return start_chat(std::move(body), std::move(handlers), call_options);
}

ChatStream OpenAICloudBackend::stream(const ChatRequest& request, const CallOptions& call_options) {
    auto body = detail::body_of(request, Delivery::streamed, dialect_);
    auto chat = std::make_unique<detail::PulledChat>(call_options.stop);
    auto reader = make_reader(body.choices, &chat->on_chunk(), chat->stop_token());
    auto call = open(chat_request(std::move(body)), *reader, chat->options(call_options));
    chat->begin(std::move(reader), std::move(call));
    return ChatStream(std::move(chat));
}

std::optional<ErrorDetails> OpenAICloudBackend::unavailable(std::string_view /*model*/) const {
    return CloudBackendClient::unavailable();
}

RawJson OpenAICloudBackend::chat_completion_raw(std::string_view body, const RawRequestOptions& raw,
                                                const CallOptions& options) {
    return ask(detail::body_of(body, raw, Delivery::whole), nullptr, options).raw;
}

ChatCompletion OpenAICloudBackend::chat_completion_raw(std::string_view body,
                                                       const ChunkCallback& on_chunk,
                                                       const RawRequestOptions& raw,
                                                       const CallOptions& options) {
    return ask(detail::body_of(body, raw, Delivery::streamed), &on_chunk, options);
}

CallHandle OpenAICloudBackend::chat_completion_raw_async(std::string_view body,
                                                         CallHandlers handlers,
                                                         const RawRequestOptions& raw,
                                                         const CallOptions& call_options) {
    auto request = detail::body_of(body, raw, detail::delivery_to(handlers));
    return start_chat(std::move(request), std::move(handlers), call_options);
}

std::vector<ModelInfo> OpenAICloudBackend::list_models(const CallOptions& call_options) const {
    detail::ModelListReader reader(options().limits);
    exchange({.path = models_path, .operation = "list_models"}, reader, call_options);
    return reader.take();
}

std::string OpenAICloudBackend::chat_path() const {
    return "/chat/completions";
}

std::unique_ptr<detail::ChatReader> OpenAICloudBackend::make_reader(int choices,
                                                                    const ChunkCallback* on_chunk,
                                                                    std::stop_token stop) const {
    const LimitOptions& limits = options().limits;
    return detail::make_chat_reader(on_chunk,
                                    {.limits = limits,
                                     .fail_on_malformed = options().fail_on_malformed,
                                     .expected_choices = choices,
                                     .stop = std::move(stop)},
                                    std::make_unique<detail::ChunkDecoder>(limits.json_depth));
}

ServiceRequest OpenAICloudBackend::chat_request(detail::ChatBody body) const {
    return {.path = chat_path(),
            .body = std::move(body.json),
            .operation = "chat",
            .model = std::move(body.model)};
}

ChatCompletion OpenAICloudBackend::ask(detail::ChatBody body, const ChunkCallback* on_chunk,
                                       const CallOptions& call_options) const {
    const auto reader = make_reader(body.choices, on_chunk, call_options.stop);
    return detail::completion_of(*reader,
                                 exchange(chat_request(std::move(body)), *reader, call_options));
}

CallHandle OpenAICloudBackend::start_chat(detail::ChatBody body, CallHandlers handlers,
                                          const CallOptions& call_options) const {
    const CallSource source(call_options.stop);
    const auto chat = std::make_shared<detail::AsyncChat>();
    chat->handlers = std::move(handlers);
    chat->reader = make_reader(body.choices, chat->on_chunk(), source.stop_token());
    start(chat_request(std::move(body)), detail::reader_of(chat), detail::finisher_of(chat), source,
          call_options);
    return source.handle();
}

std::unique_ptr<OpenAICloudBackend> create_openai_backend(ClientOptions options,
                                                          RequestDialect dialect) {
    return std::make_unique<OpenAICloudBackend>(std::move(options), std::move(dialect));
}

ClientOptions from_environment() {
    // Not the default, which every backend takes for its own service: the key is OpenAI's.
    ClientOptions options{.base_url = service_url,
                          .api_key = detail::environment_variable("OPENAI_API_KEY")};
    if (auto url = detail::environment_variable("OPENAI_BASE_URL"); !url.empty()) {
        options.base_url = std::move(url);
    }
    const auto add_header = [&](const char* header, const char* variable) {
        if (auto value = detail::environment_variable(variable); !value.empty()) {
            options.headers.push_back({header, std::move(value)});
        }
    };
    add_header("OpenAI-Organization", "OPENAI_ORG_ID");
    add_header("OpenAI-Project", "OPENAI_PROJECT_ID");
    return options;
}

}  // namespace cloud_backend
