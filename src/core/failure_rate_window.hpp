#pragma once

#include <cloud_backend/circuit_breaker.hpp>
#include <cloud_backend/clock.hpp>

#include <array>
#include <cstdint>

namespace cloud_backend::detail {

/// Counts attempts and failures over a sliding window of ten buckets (SPEC B8). Not thread-safe.
class FailureRateWindow {
public:
    explicit FailureRateWindow(const FailureRateOptions& options) : options_(options) {}

    void add(bool failed, TimePoint now);
    /// Enough attempts in the window, and too many of them failed.
    [[nodiscard]] bool exceeded(TimePoint now) const;
    void clear() { buckets_ = {}; }

private:
    struct Bucket {
        std::int64_t period = -1;  ///< Which stretch of time it counts.
        int attempts = 0;
        int failures = 0;
    };

    [[nodiscard]] std::int64_t period_of(TimePoint now) const;

    FailureRateOptions options_;
    std::array<Bucket, 10> buckets_{};
};

}  // namespace cloud_backend::detail
