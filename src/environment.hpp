#pragma once

#include <cloud_backend/error.hpp>
#include <cloud_backend/options.hpp>

#include <cstdlib>
#include <string>

namespace cloud_backend::detail {

/// What an environment variable holds; empty when it is unset.
[[nodiscard]] inline std::string environment_variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): said where it is used
    return value == nullptr ? std::string() : std::string(value);
}

/// Options name a key, which then is not looked for in the environment.
[[nodiscard]] inline bool is_given(const ApiKey& key) {
    return key.is_provider() || !key.value().empty();
}

/// Throws a `ConfigError` that names `variable`, where a key is needed and was not found.
inline void require_key(const ClientOptions& options, const std::string& variable) {
    if (options.require_api_key && !is_given(options.api_key)) {
        throw ConfigError("no API key: set " + variable + ", or ClientOptions::api_key");
    }
}

}  // namespace cloud_backend::detail
