#include "transcript_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace cloud_chat {

namespace {

[[noreturn]] void fail_to_save(const std::string& path) {
    throw std::system_error(errno, std::generic_category(), path);
}

}  // namespace

void save_transcript(const std::string& path, const Dialogue& dialogue) {
    const std::string text = path.ends_with(".json") ? json_of(dialogue) : markdown_of(dialogue);
    // Never one that is there; a conversation is its owner's alone.
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) fail_to_save(path);
    std::unique_ptr<FILE, int (*)(FILE*)> file(::fdopen(fd, "w"), &std::fclose);
    const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
    if (std::fclose(file.release()) == 0 && written) return;
    const int reason = errno;
    ::unlink(path.c_str());
    errno = reason;
    fail_to_save(path);
}

std::string free_name_like(const std::string& path) {
    const std::filesystem::path taken(path);
    for (int number = 2;; ++number) {
        std::filesystem::path name = taken;
        name.replace_filename(
            fmt::format("{}-{}{}", taken.stem().string(), number, taken.extension().string()));
        std::error_code ignored;
        if (!std::filesystem::exists(name, ignored)) return name.string();
    }
}

}  // namespace cloud_chat
