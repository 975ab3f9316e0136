#pragma once

#include <cloud_backend/error.hpp>

#include <string>

namespace cloud_backend::test {

/// What the `ConfigError` says that `run` throws.
template <class Run>
std::string complaint_of(Run&& run) {
    try {
        run();
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "(no error)";
}

}  // namespace cloud_backend::test
