#include "async/calls_in_flight.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace cloud_backend::detail {

namespace {

thread_local int handlers_running = 0;

}  // namespace

bool CallsInFlight::add(CallHandle call) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (calls_.size() >= sweep_at_) {
        std::erase_if(calls_, [](const CallHandle& other) { return other.done(); });
        sweep_at_ = 2 * calls_.size() + 64;
    }
    calls_.push_back(std::move(call));
    return true;
}

void CallsInFlight::close() noexcept {
    using std::chrono::milliseconds;
    using std::chrono::steady_clock;
    constexpr milliseconds longest_wait{50};
    std::vector<CallHandle> calls;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        calls.swap(calls_);
    }
    for (const CallHandle& call : calls) call.cancel();
    if (HandlerScope::is_active()) return;
    const auto end = steady_clock::now() + longest_wait;
    for (const CallHandle& call : calls) {
        const auto left = std::max(end - steady_clock::now(), steady_clock::duration::zero());
        if (!call.wait_for(std::chrono::floor<milliseconds>(left))) return;
    }
}

HandlerScope::HandlerScope() noexcept {
    ++handlers_running;
}

HandlerScope::~HandlerScope() {
    --handlers_running;
}

bool HandlerScope::is_active() noexcept {
    return handlers_running > 0;
}

}  // namespace cloud_backend::detail
