#include "environment.hpp"
#include "openai_host.hpp"
#include "provider.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/service_preset.hpp>

#include <algorithm>
#include <utility>

namespace cloud_backend {

namespace {

constexpr std::string_view openai = "openai";

/// The key of the environment, beside the URL that it is for.
ClientOptions environment_of(const ServicePreset& preset) {
    if (preset.name == openai) return from_environment();
    ClientOptions environment{.base_url = preset.base_url};
    if (!preset.api_key_variable.empty()) {
        environment.api_key = detail::environment_variable(preset.api_key_variable.c_str());
    }
    return environment;
}

}  // namespace

const std::vector<ServicePreset>& service_presets() {
    static const std::vector<ServicePreset> presets{
        {.name = std::string(openai),
         .base_url = "https://api.openai.com/v1",
         .api_key_variable = "OPENAI_API_KEY"},
        {.name = "openrouter",
         .base_url = "https://openrouter.ai/api/v1",
         .api_key_variable = "OPENROUTER_API_KEY"},
        {.name = "groq",
         .base_url = "https://api.groq.com/openai/v1",
         .api_key_variable = "GROQ_API_KEY"},
        // In a chat with tools it refuses an answer that comes back without its reasoning; in any
        // other it ignores the reasoning.
        {.name = "deepseek",
         .base_url = "https://api.deepseek.com/v1",
         .api_key_variable = "DEEPSEEK_API_KEY",
         .dialect = {.max_tokens_only = true,
                     .developer_is_system = true,
                     .reasoning = "reasoning_content"}},
        // It refuses every field that it does not know.
        {.name = "mistral",
         .base_url = "https://api.mistral.ai/v1",
         .api_key_variable = "MISTRAL_API_KEY",
         .provider = "mistral_ai",
         .dialect = {.max_tokens_only = true,
                     .developer_is_system = true,
                     .no_stream_options = true,
                     .seed = "random_seed"}},
        {.name = "together",
         .base_url = "https://api.together.xyz/v1",
         .api_key_variable = "TOGETHER_API_KEY",
         .dialect = {.max_tokens_only = true}},
        {.name = "gemini",
         .base_url = "https://generativelanguage.googleapis.com/v1beta/openai",
         .api_key_variable = "GEMINI_API_KEY",
         .provider = "gcp.gemini",
         .dialect = {.seed = ""}},
        // Of messages in a role that is not known to a model's template, servers of one's own drop
        // some unseen and refuse others.
        {.name = "ollama",
         .base_url = "http://localhost:11434/v1",
         .dialect = {.max_tokens_only = true,
                     .developer_is_system = true,
                     .reasoning = "reasoning"}},
        {.name = "vllm",
         .base_url = "http://localhost:8000/v1",
         .dialect = {.developer_is_system = true}},
        {.name = "llama.cpp",
         .base_url = "http://localhost:8080/v1",
         .dialect = {.max_tokens_only = true, .developer_is_system = true}},
        {.name = "lmstudio",
         .base_url = "http://localhost:1234/v1",
         .dialect = {.max_tokens_only = true, .developer_is_system = true}},
    };
    return presets;
}

const ServicePreset& service_preset(std::string_view name) {
    const auto& presets = service_presets();
    const auto found = std::ranges::find(presets, name, &ServicePreset::name);
    if (found != presets.end()) return *found;
    std::string names;
    for (const ServicePreset& preset : presets) {
        names += (names.empty() ? "" : ", ") + preset.name;
    }
    throw ConfigError("there is no service of that name; there are " + names);
}

std::unique_ptr<OpenAICloudBackend> create_service_backend(std::string_view name,
                                                           ClientOptions options) {
    const ServicePreset& preset = service_preset(name);
    if (preset.api_key_variable.empty()) options.require_api_key = false;
    const bool has_key = detail::is_given(options.api_key);
    const ClientOptions environment = environment_of(preset);
    if (options.base_url == ClientOptions{}.base_url) {
        options.base_url = has_key ? preset.base_url : environment.base_url;
    }
    if (preset.name != openai && detail::is_openai(options.base_url)) {
        throw ConfigError("base_url is OpenAI's, and not of the service " + preset.name);
    }
    if (!has_key && !preset.api_key_variable.empty() && options.base_url == environment.base_url) {
        options.api_key = environment.api_key;
        detail::require_key(options, preset.api_key_variable);
        // In front: those of the options replace them.
        options.headers.insert(options.headers.begin(), environment.headers.begin(),
                               environment.headers.end());
    }
    const std::string& provider = preset.provider.empty() ? preset.name : preset.provider;
    return create_openai_backend(detail::provided_by(provider, std::move(options)), preset.dialect);
}

}  // namespace cloud_backend
