#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace cloud_backend::soak {

/// Requests stops after a time, from a thread of its own. Thread-safe.
class Canceller {
public:
    using Clock = std::chrono::steady_clock;

    void cancel_after(std::chrono::milliseconds delay, std::stop_source call) {
        const std::scoped_lock lock(mutex_);
        due_.emplace(Clock::now() + delay, std::move(call));
        changed_.notify_one();
    }

private:
    void run(const std::stop_token& end) {
        std::unique_lock lock(mutex_);
        while (!end.stop_requested()) {
            if (due_.empty()) {
                changed_.wait(lock, end, [this] { return !due_.empty(); });
            } else if (const auto time = due_.begin()->first; time > Clock::now()) {
                changed_.wait_until(lock, end, time, [&] { return due_.begin()->first < time; });
            } else {
                auto call = due_.extract(due_.begin());
                lock.unlock();
                call.mapped().request_stop();
                lock.lock();
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::multimap<Clock::time_point, std::stop_source> due_;
    std::jthread thread_{[this](const std::stop_token& end) { run(end); }};
};

}  // namespace cloud_backend::soak
