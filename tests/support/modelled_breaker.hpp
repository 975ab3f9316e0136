#pragma once

#include "breaker_model.hpp"

#include <cloud_backend/endpoint_health.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cloud_backend::test {

enum class Action {
    acquire,
    success,
    failure,
    throttled,
    rejected,
    neutral,
    drop,
    first_event,
    renew,
    wait,
    throttle_endpoint,
    isolate,
    close,
    reset
};

struct Operation {
    Action action{};
    std::size_t caller = 0;
    Duration time{};  ///< How long to wait, or the Retry-After of a result.
};

using Operations = std::vector<Operation>;

inline std::ostream& operator<<(std::ostream& out, const Operation& operation) {
    constexpr std::array names{
        "acquire",     "success", "failure", "throttled",         "rejected", "neutral", "drop",
        "first_event", "renew",   "wait",    "throttle_endpoint", "isolate",  "close",   "reset"};
    return out << names.at(static_cast<std::size_t>(operation.action)) << '(' << operation.caller
               << ", " << operation.time.count() << " ns)";
}

/// The options a history runs with.
struct BreakerSetup {
    int fail_max = 1;
    int most_probes = 1;
    Duration lease = std::chrono::seconds(10);
};

/// A breaker and its model, led through the same history. Once they differ, or an invariant of
/// SPEC 5 is broken, `fault()` says what is wrong.
class ModelledBreaker {
public:
    explicit ModelledBreaker(const BreakerSetup& setup)
        : setup_(setup),
          health_({.fail_max = setup.fail_max,
                   .reset_timeout = std::chrono::seconds(30),
                   .max_retry_after = std::chrono::seconds(120),
                   .half_open_probes = setup.most_probes,
                   .on_state_change = [this](const CircuitStateChange& c) { told(c); }},
                  {}, [] { return 0.0; }),
          model_(setup.fail_max, setup.most_probes, setup.lease) {}

    ModelledBreaker(const ModelledBreaker&) = delete;
    ModelledBreaker& operator=(const ModelledBreaker&) = delete;

    void perform(const Operation& operation) {
        const auto [action, caller, time] = operation;
        switch (action) {
            case Action::acquire:
                return acquire(caller);
            case Action::success:
                return finish(caller, Outcome::success, time);
            case Action::failure:
                return finish(caller, Outcome::failure, time);
            case Action::throttled:
                return finish(caller, Outcome::throttled, time);
            case Action::rejected:
                return finish(caller, Outcome::rejected, time);
            case Action::neutral:
                return finish(caller, Outcome::neutral, time);
            case Action::drop:
                model_.finish(caller, Outcome::neutral, now_, time);
                permits_[caller].reset();
                return;
            case Action::first_event:
                return first_event(caller);
            case Action::renew:
                model_.renew(caller, now_);
                permits_[caller]->renew(now_);
                return;
            case Action::wait:
                now_ += time;
                return;
            case Action::throttle_endpoint:
                health_.throttle(now_, time);
                throttled_until_ = std::max(throttled_until_, now_ + time);
                return;
            case Action::isolate:
                model_.force(CircuitState::isolated);
                return health_.breaker().isolate();
            case Action::close:
                model_.force(CircuitState::closed);
                return health_.breaker().close();
            case Action::reset:
                model_.reset();
                return health_.breaker().reset();
        }
    }

    /// Compares what can be seen of both. Empty: all is well.
    [[nodiscard]] std::string fault() {
        const auto snapshot = health_.breaker().snapshot(now_);
        const auto& c = snapshot.counters;
        expect(snapshot.state == model_.state_at(now_), "state");
        expect(snapshot.generation == model_.changes + 1, "generation");
        expect(snapshot.consecutive_failures == model_.failures, "consecutive failures");
        expect(health_.breaker().retry_in(now_) == model_.retry_in(now_), "retry_in");
        expect(numbers(c) == numbers(model_.counters), "counters");
        expect(c.granted == c.successes + c.failures + c.throttled + c.rejected + c.neutral +
                                c.late + c.in_flight,
               "counters add up to permits granted");
        expect(model_.live_probes(now_) <= setup_.most_probes, "at most half_open_probes are out");
        expect(health_.throttled_for(now_).value_or(Duration::zero()) ==
                   std::max(throttled_until_ - now_, Duration::zero()),
               "throttled_for");
        return fault_;
    }

    /// From any state, with all permits dropped or all forgotten, a probe is admitted within the
    /// longer of open time and lease. Ends the history.
    [[nodiscard]] std::string fault_of_recovery(bool drop_permits) {
        if (model_.state == CircuitState::isolated) return {};
        if (drop_permits) permits_ = {};
        now_ += std::max(model_.open_until - now_, setup_.lease);
        const auto admission = health_.breaker().acquire(now_);
        expect(std::holds_alternative<CircuitBreaker::Permit>(admission), "no wedge (B3)");
        return fault_;
    }

    [[nodiscard]] const BreakerModel& model() const noexcept { return model_; }

private:
    using Numbers = std::array<std::uint64_t, 9>;

    static Numbers numbers(const CircuitBreaker::Counters& counters) {
        return std::bit_cast<Numbers>(counters);
    }

    /// Keeps the first.
    void expect(bool holds, const char* invariant) {
        if (!holds && fault_.empty()) fault_ = invariant;
    }

    void acquire(std::size_t caller) {
        const bool granted = model_.acquire(caller, now_).has_value();
        auto admission = health_.breaker().acquire(now_, setup_.lease);
        if (auto* const permit = std::get_if<CircuitBreaker::Permit>(&admission)) {
            expect(granted, "granted what is to be refused");
            if (granted) permits_[caller].emplace(std::move(*permit));
            return;
        }
        expect(!granted, "refused what is to be granted");
        expect(std::get<CircuitBreaker::Refusal>(admission).retry_in == model_.retry_in(now_),
               "the refusal's retry_in");
    }

    void finish(std::size_t caller, Outcome outcome, Duration retry_after) {
        model_.finish(caller, outcome, now_, retry_after);
        permits_[caller]->record(outcome, now_, retry_after);
        permits_[caller].reset();
    }

    /// Ends a probe with a success (B4); any other permit goes on.
    void first_event(std::size_t caller) {
        permits_[caller]->first_event(now_);
        if (!model_.permits[caller]->probe) return;
        model_.finish(caller, Outcome::success, now_, Duration::zero());
        permits_[caller].reset();
    }

    void told(const CircuitStateChange& change) {
        expect(change.from == told_state_, "changes are told in order (B6)");
        expect(change.generation == ++told_generation_, "each change is told once (B6)");
        if (change.to == CircuitState::open) opened_at_ = now_;
        if (change.to == CircuitState::half_open) {
            expect(now_ - opened_at_ >= BreakerModel::open_time, "never half-open too early");
        }
        told_state_ = change.to;
    }

    BreakerSetup setup_;
    EndpointHealth health_;
    BreakerModel model_;
    std::array<std::optional<CircuitBreaker::Permit>, BreakerModel::caller_count> permits_{};
    TimePoint now_{std::chrono::hours(1)};
    TimePoint throttled_until_{};
    CircuitState told_state_ = CircuitState::closed;
    std::uint64_t told_generation_ = 1;
    TimePoint opened_at_{};
    std::string fault_{};
};

}  // namespace cloud_backend::test
