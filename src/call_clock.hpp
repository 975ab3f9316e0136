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
            if (clock.deadline_) *clock.deadline_ += clock.now() - from;
        }
    };

    std::function<TimePoint()> now_;
    TimePoint started_;
    std::optional<TimePoint> deadline_{};
};

}  // namespace cloud_backend::detail
