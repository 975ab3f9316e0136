#include "coroutine.hpp"

#include <utility>

namespace cloud_backend::simulation {

namespace {

constexpr std::size_t stack_size = std::size_t{256} << 10;  // Touched only as far as it is used.

Coroutine* running = nullptr;

}  // namespace

Coroutine::Coroutine(std::function<void()> body)
    : body_(std::move(body)), stack_(std::make_unique_for_overwrite<std::byte[]>(stack_size)) {
    getcontext(&body_context_);
    body_context_.uc_stack.ss_sp = stack_.get();
    body_context_.uc_stack.ss_size = stack_size;
    makecontext(&body_context_, &Coroutine::enter, 0);
}

void Coroutine::enter() {
    running->run();
}

void Coroutine::run() noexcept {
    body_();
    done_ = true;
    setcontext(&loop_context_);
}

void Coroutine::resume() {
    running = this;
    swapcontext(&loop_context_, &body_context_);
    running = nullptr;
}

void Coroutine::pause() {
    swapcontext(&body_context_, &loop_context_);
}

Coroutine& Coroutine::current() {
    return *running;
}

}  // namespace cloud_backend::simulation
