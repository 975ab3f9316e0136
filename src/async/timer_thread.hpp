#pragma once

#include <cloud_backend/clock.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace cloud_backend::detail {

/// Runs functions, which must not throw, at their time, on one thread of its own, which begins with
/// the first. Thread-safe.
class TimerThread {
public:
    TimerThread();
    TimerThread(const TimerThread&) = delete;
    TimerThread& operator=(const TimerThread&) = delete;
    /// Those whose time has not come are dropped. May be on its own thread.
    ~TimerThread();

    void run_after(Duration wait, std::function<void()> function);

private:
    struct Queue;

    const std::shared_ptr<Queue> queue_;  ///< The thread's as well.
    std::once_flag started_{};
    std::thread thread_{};
};

}  // namespace cloud_backend::detail
