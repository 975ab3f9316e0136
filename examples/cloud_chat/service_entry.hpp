#pragma once

#include <string>
#include <string_view>

namespace cloud_chat {

/// Someone to ask, as written on the command line: groq, groq=llama-3.3-70b-versatile,
/// http://localhost:11434/v1=llama3.2.
struct ServiceEntry {
    std::string text{};    ///< As it was written.
    std::string server{};  ///< The name of a service, or a base URL.
    std::string model{};   ///< Empty: whichever the others are asked for.

    [[nodiscard]] bool is_url() const { return server.find("://") != std::string::npos; }
};

/// Throws ConfigError for a service that is not known, and where a part is empty.
[[nodiscard]] ServiceEntry parse_service_entry(std::string_view text);

}  // namespace cloud_chat
