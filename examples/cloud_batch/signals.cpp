#include "signals.hpp"

#include <pthread.h>
#include <sys/signalfd.h>

#include <csignal>

namespace cloud_batch {

namespace {

Descriptor open_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return Descriptor(checked(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

}  // namespace

Signals::Signals() : file_(open_signals()) {}

bool Signals::take() const {
    signalfd_siginfo signal{};
    return ::read(file_.get(), &signal, sizeof signal) > 0;
}

}  // namespace cloud_batch
