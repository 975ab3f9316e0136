#include "async/timer_thread.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;
using detail::TimerThread;

TEST(TimerThread, RunsWhatIsDueBeforeWhatWasThereFirst) {
    TimerThread timer;
    timer.run_after(1h, [] { ADD_FAILURE() << "an hour too early"; });
    std::promise<std::thread::id> ran;
    timer.run_after(0s, [&] { ran.set_value(std::this_thread::get_id()); });
    EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
}

TEST(TimerThread, RunsNothingBeforeItsTime) {
    TimerThread timer;
    std::promise<TimePoint> ran;
    const TimePoint earliest = Clock::now() + 2ms;
    timer.run_after(2ms, [&] { ran.set_value(Clock::now()); });
    EXPECT_GE(ran.get_future().get(), earliest);
}

TEST(TimerThread, DropsWhatIsNotDueWhenItIsDestroyed) {
    auto kept = std::make_shared<int>();
    const std::weak_ptr<int> watched = kept;
    {
        TimerThread timer;
        timer.run_after(1h, [kept = std::move(kept)] {});
        EXPECT_FALSE(watched.expired());
    }
    EXPECT_TRUE(watched.expired());
}

TEST(TimerThread, AFunctionMayBeTheLastOwner) {
    auto timer = std::make_shared<TimerThread>();
    TimerThread& running = *timer;
    std::promise<void> returned, destroyed;
    running.run_after(0s, [&, timer = std::exchange(timer, nullptr)]() mutable {
        returned.get_future().wait();
        timer.reset();
        destroyed.set_value();
    });
    returned.set_value();
    destroyed.get_future().wait();
}

}  // namespace
}  // namespace cloud_backend::test
