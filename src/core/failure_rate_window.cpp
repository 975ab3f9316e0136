#include "core/failure_rate_window.hpp"

#include "core/bounded_duration.hpp"

#include <algorithm>

namespace cloud_backend::detail {

std::int64_t FailureRateWindow::period_of(TimePoint now) const {
    const Duration width = bounded(options_.window) / static_cast<int>(buckets_.size());
    return now.time_since_epoch() / std::max(width, Duration(1));
}

void FailureRateWindow::add(bool failed, TimePoint now) {
    const std::int64_t period = period_of(now);
    Bucket& bucket = buckets_[static_cast<std::size_t>(period) % buckets_.size()];
    if (period < bucket.period) return;  // A thread came late: older than the whole window.
    if (bucket.period != period) bucket = {.period = period};
    ++bucket.attempts;
    if (failed) ++bucket.failures;
}

bool FailureRateWindow::exceeded(TimePoint now) const {
    const std::int64_t oldest = period_of(now) - static_cast<std::int64_t>(buckets_.size()) + 1;
    int attempts = 0;
    int failures = 0;
    for (const Bucket& bucket : buckets_) {
        if (bucket.period < oldest) continue;
        attempts += bucket.attempts;
        failures += bucket.failures;
    }
    return attempts >= options_.min_attempts && failures >= options_.threshold * attempts;
}

}  // namespace cloud_backend::detail
