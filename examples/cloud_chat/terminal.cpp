#include "terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

namespace cloud_chat {

namespace {

void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "the answer cannot be written");
        }
    }
}

/// Whoever listens to standard error may have gone; that is no reason to stop.
void write_error(std::string_view text) {
    try {
        write_all(STDERR_FILENO, text);
    } catch (const std::system_error&) {
    }
}

std::mutex status_mutex;
bool status_is_shown = false;

void erase_status_if_shown() {
    if (std::exchange(status_is_shown, false)) write_error("\r\x1b[K");
}

/// A model must not be able to move the cursor or rename the window: escape sequences begin with a
/// control character, in UTF-8 also with one of U+0080 to U+009F.
std::string without_control_characters(std::string_view text) {
    constexpr std::string_view replacement = "\xEF\xBF\xBD";
    std::string safe;
    safe.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool c1 =
            byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        const bool line_end = byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        const bool c0 = (byte < 0x20 && byte != '\n' && byte != '\t' && !line_end) || byte == 0x7F;
        if (c0 || c1) {
            safe += replacement;
        } else {
            safe += text[i];
        }
        if (c1) ++i;
    }
    return safe;
}

bool errors_go_to_terminal() {
    static const bool terminal = ::isatty(STDERR_FILENO) == 1;
    return terminal;
}

}  // namespace

bool answers_go_to_terminal() {
    static const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    return terminal;
}

void AnswerOutput::write(std::string_view text) {
    if (text.empty()) return;
    if (answers_go_to_terminal()) {
        write_all(STDOUT_FILENO, without_control_characters(text));
    } else {
        write_all(STDOUT_FILENO, text);
    }
    in_line_ = text.back() != '\n';
}

void AnswerOutput::end_line() {
    if (in_line_) write("\n");
}

void remark(std::string_view text) {
    const std::string line = fmt::format("[{}]", without_control_characters(text));
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets environment variables here
    const bool colourless = std::getenv("NO_COLOR") != nullptr;
    const bool dimmed = errors_go_to_terminal() && !colourless;
    tell(dimmed ? "\x1b[2m" + line + "\x1b[0m\n" : line + "\n");
}

void complain(std::string_view text) {
    // At a terminal over the ^C that it echoes.
    const std::string_view start = errors_go_to_terminal() ? "\r" : "";
    tell(fmt::format("{}cloud-chat: {}\n", start, without_control_characters(text)));
}

void tell(std::string_view text) {
    const std::lock_guard lock(status_mutex);
    erase_status_if_shown();
    write_error(text);
}

bool can_show_status() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets environment variables here
    const char* const name = std::getenv("TERM");
    const std::string_view kind = name == nullptr ? "" : name;
    return errors_go_to_terminal() && !kind.empty() && kind != "dumb";
}

void show_status(std::string_view text) {
    const std::lock_guard lock(status_mutex);
    status_is_shown = true;
    write_error(fmt::format("\r{}\x1b[K", text));
}

void erase_status() {
    const std::lock_guard lock(status_mutex);
    erase_status_if_shown();
}

PasteMarks::PasteMarks() {
    if (can_show_status()) tell("\x1b[?2004h");
}

PasteMarks::~PasteMarks() {
    if (can_show_status()) tell("\x1b[?2004l");
}

}  // namespace cloud_chat
