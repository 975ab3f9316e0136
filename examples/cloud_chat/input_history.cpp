#include "input_history.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <system_error>

namespace cloud_chat {

namespace {

using std::filesystem::path;

/// An entry as one line.
std::string escaped(std::string_view entry) {
    std::string line;
    for (const char c : entry) {
        if (c == '\\') line += '\\';
        line += c == '\n' ? std::string_view("\\n") : std::string_view(&c, 1);
    }
    return line + '\n';
}

std::string unescaped(std::string_view line) {
    std::string entry;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool escape = line[i] == '\\' && i + 1 < line.size();
        if (escape) ++i;
        entry += escape && line[i] == 'n' ? '\n' : line[i];
    }
    return entry;
}

/// In one piece, so that those of two programs do not mix. False: not all of it.
bool append_privately(const path& file, std::string_view text) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    ::fchmod(fd, 0600);
    const ssize_t written = ::write(fd, text.data(), text.size());
    return ::close(fd) == 0 && written == static_cast<ssize_t>(text.size());
}

std::vector<std::string> entries_in(const path& file) {
    std::vector<std::string> entries;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) entries.push_back(unescaped(line));
    return entries;
}

void replace_by(const path& file, const std::vector<std::string>& entries) {
    std::string text;
    for (const std::string& entry : entries) text += escaped(entry);
    std::error_code ignored;
    path replacement = file;
    replacement += fmt::format(".{}", ::getpid());
    if (append_privately(replacement, text)) {
        std::filesystem::rename(replacement, file, ignored);
    } else {
        std::filesystem::remove(replacement, ignored);
    }
}

path directory_in_environment(const char* variable) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets environment variables here
    const char* const value = std::getenv(variable);
    const path directory(value == nullptr ? "" : value);
    return directory.is_absolute() ? directory : path();
}

}  // namespace

InputHistory::InputHistory(path file) : file_(std::move(file)), entries_(entries_in(file_)) {
    if (file_.empty()) return;
    std::error_code ignored;
    std::filesystem::create_directories(file_.parent_path(), ignored);
    if (entries_.size() <= max_size) return;
    entries_.erase(entries_.begin(), entries_.end() - max_size);
    replace_by(file_, entries_);
}

bool InputHistory::add(const std::string& entry) {
    if (entry.starts_with(' ') || (!entries_.empty() && entries_.back() == entry)) return false;
    entries_.push_back(entry);
    if (!file_.empty()) append_privately(file_, escaped(entry));
    return true;
}

path history_file() {
    path state = directory_in_environment("XDG_STATE_HOME");
    if (state.empty()) {
        const path home = directory_in_environment("HOME");
        if (home.empty()) return {};
        state = home / ".local" / "state";
    }
    return state / "cloud-chat" / "history";
}

}  // namespace cloud_chat
