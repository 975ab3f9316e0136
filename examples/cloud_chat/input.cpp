#include "input.hpp"

#include "interrupts.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace cloud_chat {

namespace {

[[noreturn]] void fail_to_read() {
    throw std::system_error(errno, std::generic_category(), "standard input cannot be read");
}

}  // namespace

bool input_is_terminal() {
    return ::isatty(STDIN_FILENO) == 1;
}

bool input_is_pipe_or_file() {
    struct stat status {};
    return ::fstat(STDIN_FILENO, &status) == 0 &&
           (S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode));
}

Awaited await_input(const Interrupts& interrupts, int signals) {
    std::array<pollfd, 3> waited_for{{{.fd = interrupts.fd(), .events = POLLIN, .revents = 0},
                                      {.fd = signals, .events = POLLIN, .revents = 0},
                                      {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}}};
    while (::poll(waited_for.data(), waited_for.size(), -1) < 0) {
        if (errno != EINTR) fail_to_read();
    }
    if (waited_for[1].revents != 0) return Awaited::signal;
    if (waited_for[0].revents == 0) return Awaited::input;
    interrupts.take();
    return Awaited::interrupt;
}

Input read_input(const Interrupts& interrupts) {
    std::string text;
    for (;;) {
        if (await_input(interrupts) == Awaited::interrupt) return Interrupted{};
        std::array<char, 4096> bytes{};
        const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        if (count < 0) fail_to_read();
        if (count == 0) return text;
        text.append(bytes.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace cloud_chat
