#pragma once

#include <mutex>
#include <stop_token>
#include <thread>

namespace cloud_chat {

/// Turns Ctrl-C into something that can be waited for. `request_stop()` must not be called from a
/// signal handler, so SIGINT is blocked everywhere and a thread takes it with sigwait(). A program
/// that was started to ignore it, as a shell script does behind `&`, goes on doing so.
///
/// Must be made before any other thread: threads inherit the blocked signal.
class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    /// Readable after a Ctrl-C that stopped no answer, until `take()`.
    [[nodiscard]] int fd() const noexcept { return fd_; }
    void take() const noexcept;

private:
    friend class InterruptibleScope;

    void wait_for_signals(const std::stop_token& ending);
    void interrupt();
    void redirect_to(std::stop_source* source);

    const int fd_;
    std::mutex mutex_;
    std::stop_source* source_ = nullptr;
    std::jthread thread_;
};

/// While it lives, Ctrl-C requests a stop of `token()`. A second one, when the first was not heard,
/// ends the program: the way out when it hangs, for example in writing to a pipe nobody reads.
class InterruptibleScope {
public:
    explicit InterruptibleScope(Interrupts& interrupts);
    ~InterruptibleScope();
    InterruptibleScope(const InterruptibleScope&) = delete;
    InterruptibleScope& operator=(const InterruptibleScope&) = delete;

    [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }

private:
    Interrupts& interrupts_;
    std::stop_source source_;
};

}  // namespace cloud_chat
