#pragma once

#include "core/bounded_duration.hpp"

#include <cloud_backend/clock.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace cloud_backend::detail {

/// Time as one call sees it: when it began, and by when it must be done. The deadline stands still
/// while user code runs (SPEC T5).
class CallClock {
public:
    CallClock(std::function<TimePoint()> now, std::optional<std::chrono::milliseconds> deadline)
        : now_(std::move(now)), started_(now_()) {
        if (deadline) deadline_ = started_ + bounded(*deadline);
    }

    [[nodiscard]] TimePoint now() const { return now_(); }
    [[nodiscard]] TimePoint started() const noexcept { return started_; }
    [[nodiscard]] const std::optional<TimePoint>& deadline() const noexcept { return deadline_; }
    [[nodiscard]] std::optional<Duration> time_left(TimePoint now) const {
        if (!deadline_) return std::nullopt;
        return *deadline_ - now;
    }

    /// That much of the time that has passed was the user's.
    void skip(Duration time) noexcept {
        if (deadline_) *deadline_ += time;
    }

    [[nodiscard]] Duration user_time() const noexcept { return user_time_; }
    /// When `off_the_clock` returned last.
    [[nodiscard]] TimePoint resumed_at() const noexcept { return resumed_at_; }

    template <class UserCode>
    auto off_the_clock(UserCode&& run) {
        const Pause pause{*this, now()};
        return std::forward<UserCode>(run)();
    }

private:
    struct Pause {
        CallClock& clock;
        TimePoint from;
        ~Pause() {
            clock.resumed_at_ = clock.now();
            clock.user_time_ += clock.resumed_at_ - from;
            clock.skip(clock.resumed_at_ - from);
        }
    };

    std::function<TimePoint()> now_;
    TimePoint started_;
    std::optional<TimePoint> deadline_{};
    Duration user_time_{};
    TimePoint resumed_at_{};
};

}  // namespace cloud_backend::detail
