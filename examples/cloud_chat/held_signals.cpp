#include "held_signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <system_error>

namespace cloud_chat {

namespace {

std::atomic<int> write_end = -1;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler reads it");

void hold(int signal) {
    const int error = errno;
    const auto byte = static_cast<unsigned char>(signal);
    // A pipe that is full wakes the reader, too.
    [[maybe_unused]] const ssize_t written = ::write(write_end, &byte, 1);
    errno = error;
}

}  // namespace

HeldSignals::HeldSignals() {
    if (::pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::generic_category(), "pipe2");
    }
    write_end = pipe_[1];
    struct sigaction holding {};
    holding.sa_handler = &hold;
    holding.sa_flags = SA_RESTART;
    for (std::size_t i = 0; i < held.size(); ++i) {
        ::sigaction(held[i], nullptr, &usual_[i]);
        if (usual_[i].sa_handler != SIG_IGN) ::sigaction(held[i], &holding, nullptr);
    }
}

HeldSignals::~HeldSignals() {
    for (std::size_t i = 0; i < held.size(); ++i) ::sigaction(held[i], &usual_[i], nullptr);
    while (const int signal = take()) std::raise(signal);
    ::close(pipe_[0]);
    ::close(pipe_[1]);
}

int HeldSignals::take() const noexcept {
    unsigned char signal = 0;
    return ::read(fd(), &signal, 1) == 1 ? signal : 0;
}

}  // namespace cloud_chat
