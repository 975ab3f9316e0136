#include "interrupts.hpp"

#include "exit_status.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

namespace cloud_chat {

namespace {

sigset_t interrupt_signal() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    return signals;
}

bool interrupt_is_ignored() {
    struct sigaction action {};
    ::sigaction(SIGINT, nullptr, &action);
    return action.sa_handler == SIG_IGN;
}

int open_eventfd() {
    const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    return fd;
}

}  // namespace

Interrupts::Interrupts() : fd_(open_eventfd()) {
    if (interrupt_is_ignored()) return;
    const sigset_t signals = interrupt_signal();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    thread_ = std::jthread([this](const std::stop_token& ending) { wait_for_signals(ending); });
}

Interrupts::~Interrupts() {
    if (thread_.joinable()) {
        thread_.request_stop();
        pthread_kill(thread_.native_handle(), SIGINT);
        thread_.join();
    }
    ::close(fd_);
}

void Interrupts::take() const noexcept {
    eventfd_t count = 0;
    ::eventfd_read(fd_, &count);
}

void Interrupts::wait_for_signals(const std::stop_token& ending) {
    const sigset_t signals = interrupt_signal();
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && !ending.stop_requested()) interrupt();
}

void Interrupts::interrupt() {
    const std::lock_guard lock(mutex_);
    if (source_ == nullptr) {
        ::eventfd_write(fd_, 1);
    } else if (!source_->request_stop()) {
        std::_Exit(static_cast<int>(ExitStatus::interrupted));
    }
}

void Interrupts::redirect_to(std::stop_source* source) {
    const std::lock_guard lock(mutex_);
    source_ = source;
}

InterruptibleScope::InterruptibleScope(Interrupts& interrupts) : interrupts_(interrupts) {
    interrupts_.redirect_to(&source_);
}

InterruptibleScope::~InterruptibleScope() {
    interrupts_.redirect_to(nullptr);
}

}  // namespace cloud_chat
