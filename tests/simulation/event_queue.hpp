#pragma once

#include <cloud_backend/clock.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

namespace cloud_backend::simulation {

/// Virtual time and what happens in it: the clock jumps from event to event, nothing sleeps.
/// Events of the same time happen in the order in which they were scheduled.
class EventQueue {
public:
    using Action = std::function<void()>;

    struct EventId {
        TimePoint time{};
        std::uint64_t number = 0;
        bool operator<(const EventId& other) const {
            return std::tie(time, number) < std::tie(other.time, other.number);
        }
    };

    [[nodiscard]] TimePoint now() const noexcept { return now_; }

    EventId at(TimePoint time, Action action);
    EventId after(Duration delay, Action action) { return at(now_ + delay, std::move(action)); }
    /// An event that has happened is ignored.
    void cancel(const EventId& event) { events_.erase(event); }

    /// Until nothing is left to happen.
    void run();

private:
    TimePoint now_{};
    std::uint64_t last_number_ = 0;
    std::map<EventId, Action> events_{};
};

}  // namespace cloud_backend::simulation
