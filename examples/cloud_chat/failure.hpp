#pragma once

#include "exit_status.hpp"

#include <cloud_backend/error.hpp>

#include <string>

namespace cloud_chat {

[[nodiscard]] ExitStatus exit_status_of(const cloud_backend::Error& error) noexcept;

/// One line for a person: what went wrong, what the server said, what can be done.
[[nodiscard]] std::string explain(const cloud_backend::Error& error);

}  // namespace cloud_chat
