#pragma once

#include "dialogue.hpp"

#include <string>

namespace cloud_chat {

/// Writes a new file: JSON if its name ends in .json, else Markdown. Throws std::system_error, with
/// std::errc::file_exists when there is one of that name, which stays as it is.
void save_transcript(const std::string& path, const Dialogue& dialogue);

/// The first of notes-2.md, notes-3.md, ... that is not there.
[[nodiscard]] std::string free_name_like(const std::string& path);

}  // namespace cloud_chat
