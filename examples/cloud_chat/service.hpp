#pragma once

#include "arguments.hpp"

#include <cloud_backend/chat_backend.hpp>

#include <embedded_server.hpp>

#include <memory>
#include <string>

namespace cloud_chat {

/// Who answers: servers somewhere, or one inside this program.
struct Service {
    std::string name{};  ///< Of the first to be asked.
    std::unique_ptr<embedded_server::EmbeddedServer> embedded_server{};
    std::unique_ptr<cloud_backend::ChatBackend> backend{};
};

/// The server that the arguments name, else the one of the environment, and the fallbacks behind
/// it. Without any, says so and starts the embedded one. Throws ConfigError for settings that must
/// not be used.
[[nodiscard]] Service open_service(const Arguments& arguments);

}  // namespace cloud_chat
