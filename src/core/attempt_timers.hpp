#pragma once

#include <cloud_backend/clock.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/options.hpp>

namespace cloud_backend::detail {

/// The time limits of one attempt (SPEC T5): told what happens, it says which limit comes next.
/// Whoever ran user code tells the time after it, so that the limits stood still meanwhile.
class AttemptTimers {
public:
    struct Expiry {
        TimePoint at = TimePoint::max();
        TimeLimit limit{};
    };

    AttemptTimers(const TimeoutOptions& limits, TimePoint started) noexcept
        : limits_(limits), since_(started), last_event_(started) {}

    void on_queued() noexcept { phase_ = Phase::queued; }
    void on_connecting(TimePoint now) noexcept;
    void on_sent(TimePoint now) noexcept;
    void on_bytes(TimePoint now) noexcept;
    void on_event(TimePoint now) noexcept { last_event_ = now; }

    /// That much of the time that has passed counts for no limit.
    void skip(Duration time) noexcept {
        since_ += time;
        last_event_ += time;
    }

    /// The limit that is passed first if nothing happens.
    [[nodiscard]] Expiry next() const noexcept;

private:
    enum class Phase { queued, connecting, waiting, receiving };

    TimeoutOptions limits_;
    Phase phase_ = Phase::connecting;
    TimePoint since_;  ///< The phase began, or the last byte came.
    TimePoint last_event_;
};

}  // namespace cloud_backend::detail
