#pragma once

#include "exit_status.hpp"
#include "pace.hpp"
#include "shard.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cloud_batch {

/// A server that is asked when those before it cannot answer.
struct Fallback {
    std::string url{};
    std::string model{};    ///< Asked for there; empty: the request's own.
    std::string key_env{};  ///< The environment variable with its key; empty: it needs none.
};

struct Arguments {
    std::string input{};
    std::string output{};
    std::string errors{};
    Shard shard{};
    bool retry_failed = false;
    bool fsync = false;

    std::optional<std::string> base_url{};
    std::vector<Fallback> fallbacks{};
    bool allow_insecure_http = false;

    std::size_t concurrency = 16;
    Pace::Limits limits{};
    int max_retries = 3;
    int max_requeues = 3;
    std::chrono::milliseconds timeout{600'000};  ///< An answer that is not streamed begins late.
    std::optional<std::chrono::milliseconds> deadline{};

    bool progress = false;
    bool verbose = false;
};

/// What was asked for on the command line, or how the program ends: after --help, --version and a
/// complaint about wrong arguments, which have been printed then.
[[nodiscard]] std::variant<Arguments, ExitStatus> read_arguments(int argc, const char* const* argv);

}  // namespace cloud_batch
