#include "terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace cloud_batch {

namespace {

/// Whoever listens may have gone; that is no reason to stop.
void tell(std::string_view text) {
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

/// What a server or an input says must not be able to move the cursor.
std::string without_control_characters(std::string_view text) {
    std::string safe(text);
    std::ranges::replace_if(
        safe, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; }, '?');
    return safe;
}

/// To the start of the line, which is cleared.
std::string_view line_start() {
    return errors_go_to_terminal() ? "\r\x1b[K" : "";
}

}  // namespace

void complain(std::string_view text) {
    tell(fmt::format("{}cloud-batch: {}\n", line_start(), without_control_characters(text)));
}

void show_bar(std::string_view text) {
    tell(fmt::format("{}{}{}", line_start(), text, errors_go_to_terminal() ? "" : "\n"));
}

bool errors_go_to_terminal() {
    static const bool terminal = ::isatty(STDERR_FILENO) == 1;
    return terminal;
}

}  // namespace cloud_batch
