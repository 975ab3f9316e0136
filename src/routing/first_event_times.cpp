#include "routing/first_event_times.hpp"

#include <algorithm>
#include <span>

namespace cloud_backend::detail {

void FirstEventTimes::add(Duration time) {
    const std::lock_guard lock(mutex_);
    times_[count_++ % most] = time;
}

std::optional<Duration> FirstEventTimes::p95() const {
    std::unique_lock lock(mutex_);
    const std::size_t size = std::min(count_, most);
    auto times = times_;
    lock.unlock();
    if (size < fewest) return std::nullopt;
    const std::span recent(times.data(), size);
    const std::size_t nth = (size * 95 + 99) / 100 - 1;  // The nearest rank, rounded up.
    std::ranges::nth_element(recent, recent.begin() + static_cast<std::ptrdiff_t>(nth));
    return recent[nth];
}

}  // namespace cloud_backend::detail
