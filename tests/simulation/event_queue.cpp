#include "event_queue.hpp"

#include <algorithm>
#include <utility>

namespace cloud_backend::simulation {

EventQueue::EventId EventQueue::at(TimePoint time, Action action) {
    const EventId id{std::max(time, now_), ++last_number_};
    events_.emplace(id, std::move(action));
    return id;
}

void EventQueue::run() {
    while (!events_.empty()) {
        auto event = events_.extract(events_.begin());
        now_ = event.key().time;
        event.mapped()();
    }
}

}  // namespace cloud_backend::simulation
