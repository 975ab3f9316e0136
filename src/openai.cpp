#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"
#include "chat/request_json.hpp"
#include "environment.hpp"

#include <cloud_backend/openai.hpp>

#include <string>
#include <utility>

namespace cloud_backend {

namespace {

constexpr std::string_view chat_path = "/chat/completions";
constexpr const char* service_url = "https://api.openai.com/v1";

}  // namespace

OpenAICloudBackend::OpenAICloudBackend(ClientOptions options)
    : CloudBackendClient(std::move(options)) {}

OpenAICloudBackend::~OpenAICloudBackend() = default;

ChatCompletion OpenAICloudBackend::chat_completion(const ChatRequest& request,
                                                   const CallOptions& options) {
    return ask(detail::to_json(request, detail::Delivery::whole), options);
}

ChatCompletion OpenAICloudBackend::chat_completion(const ChatRequest& request,
                                                   const ChunkCallback& on_chunk,
                                                   const CallOptions& options) {
    std::string body = detail::to_json(request, detail::Delivery::streamed);
    const int choices = detail::requested_choices(body);  // `extra` may have set it.
    return ask(std::move(body), choices, on_chunk, options);
}

std::optional<ErrorDetails> OpenAICloudBackend::unavailable(std::string_view /*model*/) const {
    return CloudBackendClient::unavailable();
}

RawJson OpenAICloudBackend::chat_completion_raw(std::string_view body, const RawRequestOptions& raw,
                                                const CallOptions& options) {
    return ask(detail::override_request(body, raw.model, detail::Delivery::whole), options).raw;
}

ChatCompletion OpenAICloudBackend::chat_completion_raw(std::string_view body,
                                                       const ChunkCallback& on_chunk,
                                                       const RawRequestOptions& raw,
                                                       const CallOptions& options) {
    return ask(detail::override_request(body, raw.model, detail::Delivery::streamed),
               detail::requested_choices(body), on_chunk, options);
}

ChatCompletion OpenAICloudBackend::ask(std::string body, const CallOptions& call_options) const {
    const LimitOptions& limits = options().limits;
    detail::CompletionReader reader(limits,
                                    std::make_unique<detail::ChunkDecoder>(limits.json_depth));
    return detail::completion_of(reader, stream(chat_path, std::move(body), reader, call_options));
}

ChatCompletion OpenAICloudBackend::ask(std::string body, int choices, const ChunkCallback& on_chunk,
                                       const CallOptions& call_options) const {
    const LimitOptions& limits = options().limits;
    detail::ChatStreamReader reader(on_chunk,
                                    {.limits = limits,
                                     .fail_on_malformed = options().fail_on_malformed,
                                     .expected_choices = choices,
                                     .stop = call_options.stop},
                                    std::make_unique<detail::ChunkDecoder>(limits.json_depth));
    return detail::completion_of(reader, stream(chat_path, std::move(body), reader, call_options));
}

std::unique_ptr<OpenAICloudBackend> create_openai_backend(ClientOptions options) {
    return std::make_unique<OpenAICloudBackend>(std::move(options));
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
