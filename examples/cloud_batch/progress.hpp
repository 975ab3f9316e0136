#pragma once

#include <cloud_backend/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace cloud_batch {

/// How far a run is.
struct Counts {
    std::optional<std::uint64_t> total{};  ///< Unknown of a pipe.
    std::uint64_t settled_before = 0;      ///< By earlier runs.
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;

    [[nodiscard]] std::uint64_t settled() const noexcept {
        return settled_before + answered + failed;
    }
};

/// "[=====     ] 10,000 of 20,000, 812.3/s, 3 failed, 12 s left"
[[nodiscard]] std::string describe_progress(const Counts& counts, cloud_backend::Duration elapsed);

/// Shows a bar on standard error from time to time.
class Progress {
public:
    explicit Progress(bool shown) : shown_(shown) {}

    void update(const Counts& counts);
    /// When the bar is to be shown again.
    [[nodiscard]] cloud_backend::TimePoint next() const noexcept { return next_; }

private:
    const bool shown_;
    const cloud_backend::TimePoint start_ = cloud_backend::Clock::now();
    cloud_backend::TimePoint next_ = shown_ ? start_ : cloud_backend::TimePoint::max();
};

}  // namespace cloud_batch
