#include "core/bounded_duration.hpp"
#include "core/failure_rate_window.hpp"
#include "core/random.hpp"

#include <cloud_backend/circuit_breaker.hpp>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace cloud_backend {

namespace {

std::uint64_t& counter_of(Outcome outcome, CircuitBreaker::Counters& counters) {
    switch (outcome) {
        case Outcome::success:
            return counters.successes;
        case Outcome::failure:
            return counters.failures;
        case Outcome::throttled:
            return counters.throttled;
        case Outcome::rejected:
            return counters.rejected;
        case Outcome::neutral:
            break;
    }
    return counters.neutral;
}

}  // namespace

struct CircuitBreaker::Impl {
    struct Probe {
        std::uint64_t id;
        TimePoint lease_end;
    };
    using Lock = std::unique_lock<std::mutex>;

    Impl(CircuitBreakerOptions given, RandomSource source)
        : options(std::move(given)), random(source ? std::move(source) : detail::default_random()) {
        if (options.failure_rate) window.emplace(*options.failure_rate);
    }

    Admission acquire(TimePoint now, Duration lease) {
        Lock lock(mutex);
        if (const Duration wait = retry_in(now); wait > Duration::zero()) {
            ++counters.refused;
            return Refusal{wait};
        }
        if (state == CircuitState::open) change_state(CircuitState::half_open);
        Permit::Ticket ticket{.generation = generation, .lease = detail::bounded(lease)};
        if (state == CircuitState::half_open) {
            drop_expired_probes(now);
            ticket.probe = ++last_probe;
            probes.push_back({ticket.probe, now + ticket.lease});
        }
        ++counters.granted;
        ++counters.in_flight;
        tell_changes(lock);
        return Permit(*this, ticket);
    }

    /// Zero: an attempt may be made. Needs the lock.
    [[nodiscard]] Duration retry_in(TimePoint now) const {
        switch (state) {
            case CircuitState::closed:
                return Duration::zero();
            case CircuitState::open:
                return std::max(open_until - now, Duration::zero());
            case CircuitState::half_open:
                return time_to_free_probe(now);
            case CircuitState::isolated:
                break;
        }
        return Duration::max();
    }

    void record(const Permit::Ticket& ticket, Outcome outcome, TimePoint now,
                std::optional<Duration> retry_after) {
        // Drawn here because no user code runs under the lock (B7).
        const bool may_open = outcome == Outcome::failure || outcome == Outcome::throttled;
        const double u = may_open ? random() : 0;
        Lock lock(mutex);
        --counters.in_flight;
        if (!take_back(ticket)) {
            ++counters.late;
            return;
        }
        ++counter_of(outcome, counters);
        if (state == CircuitState::half_open) {
            judge_probe(outcome, now, open_time(u, retry_after));
        } else {
            judge_attempt(outcome, now, open_time(u, retry_after));
        }
        tell_changes(lock);
    }

    void renew(const Permit::Ticket& ticket, TimePoint now) {
        const Lock lock(mutex);
        const auto probe = std::ranges::find(probes, ticket.probe, &Probe::id);
        if (probe != probes.end()) probe->lease_end = now + ticket.lease;
    }

    void force(CircuitState to) {
        Lock lock(mutex);
        force(to, lock);
    }

    void reset() {
        Lock lock(mutex);
        counters = {.granted = counters.in_flight, .in_flight = counters.in_flight};
        force(CircuitState::closed, lock);
    }

    [[nodiscard]] CircuitState state_at(TimePoint now) const {
        const bool open_time_over = state == CircuitState::open && now >= open_until;
        return open_time_over ? CircuitState::half_open : state;
    }

    // --- under the lock ---

    void force(CircuitState to, Lock& lock) {
        forget_failures();
        if (state != to) change_state(to);
        tell_changes(lock);
    }

    [[nodiscard]] Duration time_to_free_probe(TimePoint now) const {
        const auto taken = std::ranges::count_if(
            probes, [now](const Probe& probe) { return probe.lease_end > now; });
        if (taken < std::max(options.half_open_probes, 1)) return Duration::zero();
        return std::ranges::min(probes, {}, &Probe::lease_end).lease_end - now;
    }

    void drop_expired_probes(TimePoint now) {
        std::erase_if(probes, [now](const Probe& probe) { return probe.lease_end <= now; });
    }

    /// False: the permit is of an older generation, or a probe that lost its lease (B3).
    [[nodiscard]] bool take_back(const Permit::Ticket& ticket) {
        if (ticket.generation != generation) return false;
        if (ticket.probe == 0) return true;
        return std::erase_if(probes, [&](const Probe& probe) { return probe.id == ticket.probe; }) >
               0;
    }

    void judge_attempt(Outcome outcome, TimePoint now, Duration time_open) {
        if (outcome != Outcome::success && outcome != Outcome::failure) return;
        const bool failed = outcome == Outcome::failure;
        consecutive_failures = failed ? consecutive_failures + 1 : 0;
        if (window) window->add(failed, now);
        const bool too_many =
            consecutive_failures >= options.fail_max || (window && window->exceeded(now));
        if (failed && too_many) open(now, time_open);
    }

    void judge_probe(Outcome outcome, TimePoint now, Duration time_open) {
        switch (outcome) {
            case Outcome::success:
            case Outcome::rejected:  // Any answer proves life.
                forget_failures();
                change_state(CircuitState::closed);
                break;
            case Outcome::failure:
                ++consecutive_failures;
                open(now, time_open);
                break;
            case Outcome::throttled:
                open(now, time_open);
                break;
            case Outcome::neutral:
                break;
        }
    }

    void open(TimePoint now, Duration time_open) {
        open_until = now + time_open;
        change_state(CircuitState::open);
    }

    [[nodiscard]] Duration open_time(double u, std::optional<Duration> retry_after) const {
        using FloatSeconds = std::chrono::duration<double>;
        const Duration own = std::chrono::duration_cast<Duration>(
            FloatSeconds(detail::bounded(options.reset_timeout)) * (1 + 0.1 * u));
        const Duration asked = std::min(retry_after.value_or(Duration::zero()),
                                        detail::bounded(options.max_retry_after));
        return std::max(own, asked);
    }

    void forget_failures() {
        consecutive_failures = 0;
        if (window) window->clear();
    }

    void change_state(CircuitState to) {
        const CircuitState from = std::exchange(state, to);
        ++generation;
        probes.clear();
        if (options.on_state_change) changes.push_back({from, to, generation});
    }

    /// In order and outside the lock: whoever finds nobody telling tells all there is (B6).
    void tell_changes(Lock& lock) {
        if (telling || changes.empty()) return;
        telling = true;
        while (!changes.empty()) {
            const CircuitStateChange change = changes.front();
            changes.pop_front();
            lock.unlock();
            try {
                options.on_state_change(change);
            } catch (...) {  // It must not throw; a permit must not be lost if it does.
            }
            lock.lock();
        }
        telling = false;
    }

    const CircuitBreakerOptions options;
    const RandomSource random;

    std::mutex mutex{};
    CircuitState state = CircuitState::closed;
    std::uint64_t generation = 1;
    int consecutive_failures = 0;
    TimePoint open_until{};
    std::vector<Probe> probes{};
    std::uint64_t last_probe = 0;
    Counters counters{};
    std::optional<detail::FailureRateWindow> window{};
    std::deque<CircuitStateChange> changes{};
    bool telling = false;
};

CircuitBreaker::CircuitBreaker(CircuitBreakerOptions options, RandomSource random)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(random))) {}

CircuitBreaker::~CircuitBreaker() = default;

CircuitBreaker::Admission CircuitBreaker::acquire(TimePoint now, Duration probe_lease) {
    return impl_->acquire(now, probe_lease);
}

Duration CircuitBreaker::retry_in(TimePoint now) const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->retry_in(now);
}

CircuitState CircuitBreaker::state(TimePoint now) const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->state_at(now);
}

CircuitBreaker::Snapshot CircuitBreaker::snapshot(TimePoint now) const {
    const std::scoped_lock lock(impl_->mutex);
    Snapshot view{.state = impl_->state_at(now),
                  .generation = impl_->generation,
                  .consecutive_failures = impl_->consecutive_failures,
                  .counters = impl_->counters};
    const Duration wait = impl_->retry_in(now);
    if (wait > Duration::zero() && wait < Duration::max()) view.next_probe_in = wait;
    return view;
}

void CircuitBreaker::isolate() {
    impl_->force(CircuitState::isolated);
}
void CircuitBreaker::close() {
    impl_->force(CircuitState::closed);
}
void CircuitBreaker::reset() {
    impl_->reset();
}

// --- permits ------------------------------------------------------------------------------------

CircuitBreaker::Permit::Permit(CircuitBreaker::Impl& breaker, Ticket ticket) noexcept
    : breaker_(&breaker), ticket_(ticket) {}

CircuitBreaker::Permit::Permit(Permit&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)), ticket_(other.ticket_) {}

CircuitBreaker::Permit& CircuitBreaker::Permit::operator=(Permit&& other) noexcept {
    Permit moved(std::move(other));
    std::swap(breaker_, moved.breaker_);
    std::swap(ticket_, moved.ticket_);
    return *this;
}

// A neutral outcome changes no state, so the time does not matter.
CircuitBreaker::Permit::~Permit() {
    record(Outcome::neutral, TimePoint{});
}

void CircuitBreaker::Permit::record(Outcome outcome, TimePoint now,
                                    std::optional<Duration> retry_after) {
    if (auto* breaker = std::exchange(breaker_, nullptr)) {
        breaker->record(ticket_, outcome, now, retry_after);
    }
}

void CircuitBreaker::Permit::first_event(TimePoint now) {
    if (ticket_.probe != 0) record(Outcome::success, now);
}

void CircuitBreaker::Permit::renew(TimePoint now) {
    if (breaker_ != nullptr && ticket_.probe != 0) breaker_->renew(ticket_, now);
}

}  // namespace cloud_backend
