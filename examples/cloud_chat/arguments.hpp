#pragma once

#include "exit_status.hpp"
#include "service_entry.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cloud_chat {

enum class AnswerForm {
    streamed,  ///< Text, as it comes.
    whole,     ///< Text, once it is complete.
    json,      ///< The server's JSON, once it is complete.
};

struct Arguments {
    std::optional<std::string> prompt{};
    std::string model{};
    std::optional<std::string> system{};
    std::optional<std::string> base_url{};
    std::optional<ServiceEntry> service{};
    std::vector<ServiceEntry> fallbacks{};
    bool embedded = false;
    AnswerForm form = AnswerForm::streamed;
    std::optional<std::chrono::milliseconds> timeout{};
    int max_retries = 3;
    bool allow_insecure_http = false;
    bool stats = false;
    bool verbose = false;
};

/// What was asked for on the command line, or how the program ends: after --help, --version and a
/// complaint about wrong arguments, which have been printed then. Throws ConfigError for services
/// that are not known.
[[nodiscard]] std::variant<Arguments, ExitStatus> read_arguments(int argc, const char* const* argv);

}  // namespace cloud_chat
