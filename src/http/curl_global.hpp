#pragma once

namespace cloud_backend::detail {

/// Initialises libcurl once for the process (SPEC T9). Throws `ConfigError` if that fails, or if
/// the libcurl found at run time is too old (SPEC T13). Thread-safe.
void require_curl();

}  // namespace cloud_backend::detail
