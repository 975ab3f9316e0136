#include "core/attempt_timers.hpp"

#include "core/bounded_duration.hpp"

#include <chrono>

namespace cloud_backend::detail {

namespace {

TimePoint end_of(TimePoint since, std::chrono::milliseconds limit) noexcept {
    const bool off = limit <= std::chrono::milliseconds::zero();
    return off ? TimePoint::max() : since + bounded(limit);
}

}  // namespace

/// Of several connections that are tried, the first counts.
void AttemptTimers::on_connecting(TimePoint now) noexcept {
    if (phase_ != Phase::queued) return;
    phase_ = Phase::connecting;
    since_ = now;
}

void AttemptTimers::on_sent(TimePoint now) noexcept {
    phase_ = Phase::waiting;
    since_ = now;
}

void AttemptTimers::on_bytes(TimePoint now) noexcept {
    if (phase_ != Phase::receiving) last_event_ = now;
    phase_ = Phase::receiving;
    since_ = now;
}

AttemptTimers::Expiry AttemptTimers::next() const noexcept {
    switch (phase_) {
        case Phase::queued:
            return {};
        case Phase::connecting:
            return {end_of(since_, limits_.connect), TimeLimit::connect};
        case Phase::waiting:
            return {end_of(since_, limits_.first_byte), TimeLimit::first_byte};
        case Phase::receiving:
            break;
    }
    const TimePoint idle = end_of(since_, limits_.idle);
    const TimePoint content_idle = end_of(last_event_, limits_.content_idle);
    return content_idle < idle ? Expiry{content_idle, TimeLimit::content_idle}
                               : Expiry{idle, TimeLimit::idle};
}

}  // namespace cloud_backend::detail
