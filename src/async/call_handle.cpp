#include <cloud_backend/async_call.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

namespace cloud_backend {

struct CallHandle::State {
    struct Cancel {
        State& state;
        void operator()() const noexcept { state.stop.request_stop(); }
    };

    explicit State(const std::stop_token& outer) { outer_stop.emplace(outer, Cancel{*this}); }

    std::stop_source stop{};
    std::optional<std::stop_callback<Cancel>> outer_stop{};  ///< Until it is done.
    std::mutex mutex{};
    std::condition_variable changed{};
    bool done = false;  ///< Under the mutex.
};

void CallHandle::cancel() const noexcept {
    if (state_ != nullptr) state_->stop.request_stop();
}

bool CallHandle::done() const noexcept {
    if (state_ == nullptr) return true;
    const std::lock_guard lock(state_->mutex);
    return state_->done;
}

void CallHandle::wait() const {
    if (state_ == nullptr) return;
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [this] { return state_->done; });
}

bool CallHandle::wait_for(std::chrono::milliseconds longest) const {
    if (state_ == nullptr) return true;
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, longest, [this] { return state_->done; });
}

CallSource::CallSource(const std::stop_token& stop)
    : state_(std::make_shared<CallHandle::State>(stop)) {}

std::stop_token CallSource::stop_token() const noexcept {
    return state_->stop.get_token();
}

void CallSource::set_done() const noexcept {
    state_->outer_stop.reset();
    const std::lock_guard lock(state_->mutex);
    state_->done = true;
    state_->changed.notify_all();
}

}  // namespace cloud_backend
