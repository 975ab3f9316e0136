#include "core/ascii.hpp"
#include "environment.hpp"
#include "provider.hpp"

#include <cloud_backend/azure.hpp>
#include <cloud_backend/error.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace cloud_backend {

namespace {

void require(bool condition, const char* complaint) {
    if (!condition) throw ConfigError(complaint);
}

constexpr const char* key_variable = "AZURE_OPENAI_API_KEY";
constexpr std::string_view v1_path = "/openai/v1";

bool is_alphanumeric(char c) {
    const char lower = detail::to_lower(c);
    return detail::is_digit(c) || (lower >= 'a' && lower <= 'z');
}

/// What stands in a URL as it is, and leads nowhere else: ".." would.
bool is_name(std::string_view text, std::string_view punctuation) {
    const auto is_allowed = [&](char c) {
        return is_alphanumeric(c) || punctuation.find(c) != std::string_view::npos;
    };
    return std::ranges::all_of(text, is_allowed) && std::ranges::any_of(text, is_alphanumeric);
}

/// Without what the clients of the v1 API have at its end.
std::string without_version(std::string endpoint) {
    while (endpoint.ends_with('/')) endpoint.pop_back();
    if (endpoint.ends_with(v1_path)) endpoint.resize(endpoint.size() - v1_path.size());
    return endpoint;
}

std::string endpoint_of(const AzureOptions& azure) {
    if (azure.endpoint.empty()) {
        require(is_name(azure.resource, "-"),
                "AzureOptions::resource is not a name of letters, digits and dashes");
        return "https://" + azure.resource + ".openai.azure.com";
    }
    require(azure.resource.empty(), "AzureOptions names a resource and an endpoint");
    std::string endpoint = azure.endpoint;
    if (azure.api_version.empty()) endpoint = without_version(std::move(endpoint));
    while (endpoint.ends_with('/')) endpoint.pop_back();
    const std::size_t host = endpoint.find("://");
    require(
        host != std::string::npos && endpoint.find_first_of("/?", host + 3) == std::string::npos,
        "AzureOptions::endpoint is not a URL of scheme and host alone");
    return endpoint;
}

std::string base_url_of(const AzureOptions& azure) {
    std::string endpoint = endpoint_of(azure);
    if (azure.api_version.empty()) {
        require(
            azure.deployment.empty(),
            "AzureOptions::deployment needs an api_version; without one the model of the request "
            "names the deployment");
        return endpoint.append(v1_path);
    }
    require(
        is_name(azure.deployment, "-_."),
        "AzureOptions::deployment is not a name of letters, digits, dashes, dots and underscores");
    require(is_name(azure.api_version, "-"),
            "AzureOptions::api_version is not made of letters, digits and dashes");
    return endpoint + "/openai?api-version=" + azure.api_version;
}

/// Models are those of a resource, chats those of a deployment.
std::string chat_path_of(const AzureOptions& azure) {
    const std::string path = "/chat/completions";
    return azure.api_version.empty() ? path : "/deployments/" + azure.deployment + path;
}

ClientOptions for_azure(const AzureOptions& azure, ClientOptions options) {
    require(options.base_url == ClientOptions{}.base_url,
            "base_url of an Azure backend is made of its AzureOptions");
    options.base_url = base_url_of(azure);
    return detail::provided_by("azure.ai.openai", std::move(options));
}

/// The key of the environment, if it is for this endpoint.
std::string environment_key(const AzureOptions& azure, const std::string& endpoint, bool required) {
    std::string key = detail::environment_variable(key_variable);
    if (endpoint.empty() && azure.endpoint.empty()) return key;  // Azure's own.
    const bool is_same = !endpoint.empty() && detail::equals_ignoring_case(
                                                  endpoint_of(azure), without_version(endpoint));
    if (is_same) return key;
    require(key.empty() || !required,
            "the key of AZURE_OPENAI_API_KEY is for another endpoint than that of AzureOptions: "
            "set ClientOptions::api_key");
    return {};
}

}  // namespace

AzureCloudBackend::AzureCloudBackend(const AzureOptions& azure, ClientOptions options,
                                     RequestDialect dialect)
    : OpenAICloudBackend(for_azure(azure, std::move(options)), std::move(dialect)),
      chat_path_(chat_path_of(azure)) {}

AzureCloudBackend::~AzureCloudBackend() {
    cancel_calls();
}

AuthScheme AzureCloudBackend::auth_scheme() const {
    return {.header = "api-key", .prefix = ""};
}

std::string AzureCloudBackend::chat_path() const {
    return chat_path_;
}

std::unique_ptr<AzureCloudBackend> create_azure_backend(AzureOptions azure, ClientOptions options,
                                                        RequestDialect dialect) {
    const std::string endpoint = detail::environment_variable("AZURE_OPENAI_ENDPOINT");
    if (azure.endpoint.empty() && azure.resource.empty()) azure.endpoint = endpoint;
    if (!detail::is_given(options.api_key)) {
        options.api_key = environment_key(azure, endpoint, options.require_api_key);
        detail::require_key(options, key_variable);
    }
    return std::make_unique<AzureCloudBackend>(azure, std::move(options), std::move(dialect));
}

}  // namespace cloud_backend
