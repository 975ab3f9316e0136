#include "routing/backend_checks.hpp"

#include <cloud_backend/error.hpp>

#include <algorithm>

namespace cloud_backend::detail {

void check_backends(std::span<const FallbackBackend> backends) {
    for (const FallbackBackend& backend : backends) {
        if (backend.name.empty()) throw ConfigError("a backend of a router has no name");
        if (!backend.backend) throw ConfigError("backend \"" + backend.name + "\" is null");
        const bool unnamed = std::ranges::any_of(
            backend.models, [](const auto& mapped) { return mapped.second.empty(); });
        if (unnamed) {
            throw ConfigError("backend \"" + backend.name + "\" maps a model to an empty name");
        }
        if (std::ranges::count(backends, backend.name, &FallbackBackend::name) > 1) {
            throw ConfigError("there are two backends called \"" + backend.name + '"');
        }
    }
}

}  // namespace cloud_backend::detail
