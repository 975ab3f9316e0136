#pragma once

#include <cstdlib>
#include <string>

namespace cloud_backend::detail {

/// What an environment variable holds; empty when it is unset.
[[nodiscard]] inline std::string environment_variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): said where it is used
    return value == nullptr ? std::string() : std::string(value);
}

}  // namespace cloud_backend::detail
