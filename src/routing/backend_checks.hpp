#pragma once

#include <cloud_backend/fallback.hpp>

#include <span>

namespace cloud_backend::detail {

/// Throws `ConfigError` when a backend is null, has no name or another's, or maps a model to no
/// name.
void check_backends(std::span<const FallbackBackend> backends);

}  // namespace cloud_backend::detail
