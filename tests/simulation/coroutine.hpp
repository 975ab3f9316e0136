#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace cloud_backend::simulation {

/// Code that blocks, interleaved with a loop of events on one thread. It has a stack of its own,
/// since what pauses is deep inside of a call that knows nothing of this. Must not pause while it
/// handles an exception: which one that is, is known of threads only. Not for builds with
/// sanitizers, which would have to be told of every change of stacks.
/// Whoever destroys it lets it be done before: what is on its stack is not destroyed with it.
class Coroutine {
public:
    /// Begins with the first `resume()`. What `body` throws ends the program.
    explicit Coroutine(std::function<void()> body);
    Coroutine(const Coroutine&) = delete;
    Coroutine& operator=(const Coroutine&) = delete;

    /// From the loop: lets it run until it pauses or is done.
    void resume();
    [[nodiscard]] bool done() const noexcept { return done_; }

    /// The one whose code calls this.
    [[nodiscard]] static Coroutine& current();
    /// From its own code: returns at the next `resume()`.
    void pause();

private:
    static void enter();
    void run() noexcept;

    std::function<void()> body_;
    bool done_ = false;
    std::unique_ptr<std::byte[]> stack_;
    ucontext_t body_context_{};
    ucontext_t loop_context_{};
};

}  // namespace cloud_backend::simulation
