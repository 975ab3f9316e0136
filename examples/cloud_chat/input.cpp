#include "input.hpp"

#include "interrupts.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace cloud_chat {

namespace {

[[noreturn]] void fail() {
    throw std::system_error(errno, std::generic_category(), "standard input cannot be read");
}

}  // namespace

bool StandardInput::is_terminal() {
    return ::isatty(STDIN_FILENO) == 1;
}

Input StandardInput::next_line() {
    for (;;) {
        if (const auto end = buffer_.find('\n'); end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        const Event event = read_more();
        if (event == Event::bytes) continue;
        std::string begun = std::exchange(buffer_, {});
        if (event == Event::interrupt) return Interrupted{};
        if (begun.empty()) return EndOfInput{};
        return begun;
    }
}

Input StandardInput::rest() {
    for (;;) {
        const Event event = read_more();
        if (event == Event::interrupt) return Interrupted{};
        if (event == Event::end) return std::exchange(buffer_, {});
    }
}

StandardInput::Event StandardInput::read_more() {
    std::array<pollfd, 2> waited_for{{{.fd = interrupts_.fd(), .events = POLLIN, .revents = 0},
                                      {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}}};
    while (::poll(waited_for.data(), waited_for.size(), -1) < 0) {
        if (errno != EINTR) fail();
    }
    if (waited_for[0].revents != 0) {
        interrupts_.take();
        return Event::interrupt;
    }
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count < 0) fail();
    buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    return count == 0 ? Event::end : Event::bytes;
}

}  // namespace cloud_chat
