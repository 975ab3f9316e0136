#pragma once

#include <array>
#include <csignal>

namespace cloud_chat {

/// While it lives, the signals that stop, resume, end or resize a program at a terminal wait to be
/// taken; what is left of them in the end has its usual effect then. Signals that the program was
/// started to ignore stay ignored. Only one lives at a time.
class HeldSignals {
public:
    /// Throws std::system_error when it fails.
    HeldSignals();
    ~HeldSignals();
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;

    /// Readable while one waits.
    [[nodiscard]] int fd() const noexcept { return pipe_[0]; }
    /// The one that came first, or 0.
    [[nodiscard]] int take() const noexcept;

private:
    static constexpr std::array held{SIGTSTP, SIGCONT, SIGHUP, SIGTERM, SIGQUIT, SIGWINCH};

    std::array<int, 2> pipe_{};
    std::array<struct sigaction, held.size()> usual_{};
};

}  // namespace cloud_chat
