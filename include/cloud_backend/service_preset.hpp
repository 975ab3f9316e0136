#pragma once

#include <cloud_backend/export.hpp>
#include <cloud_backend/openai.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/request_dialect.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend {

/// What is known of a service that speaks OpenAI's protocol.
struct ServicePreset {
    std::string name{};
    std::string base_url{};
    /// The environment variable that holds its key; empty: a server of one's own, which needs none.
    std::string api_key_variable{};
    /// What OpenTelemetry calls it (`ClientOptions::provider`); empty: its name.
    std::string provider{};
    RequestDialect dialect{};
};

/// All of them: "openai", "openrouter", "groq", "deepseek", "mistral", "together", "gemini", and on
/// this machine, at their usual ports, "ollama", "vllm", "llama.cpp" and "lmstudio".
[[nodiscard]] CLOUD_BACKEND_EXPORT const std::vector<ServicePreset>& service_presets();

/// The one called `name`. Throws a `ConfigError` that lists the names for any other.
[[nodiscard]] CLOUD_BACKEND_EXPORT const ServicePreset& service_preset(std::string_view name);

/// A backend for the service called `name`: `create_service_backend("groq")`.
///
/// `options` without a `base_url`, or with the default one, get the service's; without a key, too,
/// they get that of the service's environment variable. The environment of "openai" is all that
/// `from_environment()` reads: its key goes with its URL. A URL of one's own (another port, a
/// proxy) keeps the dialect, but is never sent the key of the environment: name it in `api_key`. A
/// server of one's own needs no key, and is sent the one of `options` if there is one.
///
/// Throws `ConfigError` for another name, a missing key, a URL of OpenAI's with the name of another
/// service, and as `create_openai_backend()`. Reads the environment: not while another thread
/// changes it.
[[nodiscard]] CLOUD_BACKEND_EXPORT std::unique_ptr<OpenAICloudBackend> create_service_backend(
    std::string_view name, ClientOptions options = {});

}  // namespace cloud_backend
