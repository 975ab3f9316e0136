#include "async/quiet_thread.hpp"

#include <array>
#include <csignal>
#include <utility>

namespace cloud_backend::detail {

namespace {

/// While it lives: threads inherit the mask of the one that starts them.
class SignalsBlocked {
public:
    SignalsBlocked() noexcept {
        sigset_t from_outside;
        ::sigfillset(&from_outside);
        // SIGPROF is for a profiler, which asks each thread.
        for (const int own :
             std::to_array({SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGPROF})) {
            ::sigdelset(&from_outside, own);
        }
        ::pthread_sigmask(SIG_BLOCK, &from_outside, &before_);
    }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

}  // namespace

std::thread quiet_thread(std::function<void()> run) {
    const SignalsBlocked blocked;
    return std::thread(std::move(run));
}

}  // namespace cloud_backend::detail
