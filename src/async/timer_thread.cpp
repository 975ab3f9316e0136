#include "async/timer_thread.hpp"

#include "async/quiet_thread.hpp"

#include <condition_variable>
#include <map>
#include <utility>

namespace cloud_backend::detail {

struct TimerThread::Queue {
    std::mutex mutex{};
    std::condition_variable changed{};
    std::multimap<TimePoint, std::function<void()>> functions{};
    bool stopped = false;

    void run() {
        std::unique_lock lock(mutex);
        while (!stopped) {
            const auto next = functions.begin();
            if (next == functions.end()) {
                changed.wait(lock);
            } else if (const TimePoint at = next->first; Clock::now() < at) {
                changed.wait_until(lock, at);
            } else {
                auto due = functions.extract(next);
                lock.unlock();
                due.mapped()();
                due = {};  // Not under the lock: what it owns may be the last owner of the timer.
                lock.lock();
            }
        }
    }
};

TimerThread::TimerThread() : queue_(std::make_shared<Queue>()) {}

TimerThread::~TimerThread() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(queue_->mutex);
        queue_->stopped = true;
        queue_->changed.notify_one();
    }
    if (thread_.get_id() == std::this_thread::get_id()) {
        thread_.detach();
    } else {
        thread_.join();
    }
}

void TimerThread::run_after(Duration wait, std::function<void()> function) {
    std::call_once(started_,
                   [this] { thread_ = quiet_thread([queue = queue_] { queue->run(); }); });
    const std::lock_guard lock(queue_->mutex);
    const auto added = queue_->functions.emplace(Clock::now() + wait, std::move(function));
    if (added == queue_->functions.begin()) queue_->changed.notify_one();
}

}  // namespace cloud_backend::detail
