#include <cloud_backend/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

// SPEC 5: the invariants, over random histories, beside a plain reading of the rules.
namespace cloud_backend {
namespace {

using namespace std::chrono_literals;
using Permit = CircuitBreaker::Permit;
using Refusal = CircuitBreaker::Refusal;
using enum CircuitState;

constexpr Duration open_time = 30s;
constexpr Duration longest_open_time = 120s;
constexpr int fail_max = 3;

/// What the rules say, as plainly as can be.
class Model {
public:
    struct Ticket {
        std::uint64_t generation = 0;
        std::optional<int> probe{};
    };

    Model(int most_probes, Duration lease) : most_probes_(most_probes), lease_(lease) {}

    std::optional<Ticket> acquire(TimePoint now) {
        if (state == open && now >= open_until) change(half_open);
        if (state == closed) return Ticket{generation};
        if (state != half_open || live_probes(now) >= most_probes_) return std::nullopt;
        std::erase_if(leases_, [now](const auto& probe) { return probe.second <= now; });
        leases_[++last_probe_] = now + lease_;
        return Ticket{generation, last_probe_};
    }

    [[nodiscard]] bool is_late(const Ticket& ticket) const {
        return ticket.generation != generation ||
               (ticket.probe && !leases_.contains(*ticket.probe));
    }

    void record(const Ticket& ticket, Outcome outcome, TimePoint now, Duration retry_after) {
        if (is_late(ticket)) return;
        if (ticket.probe) leases_.erase(*ticket.probe);
        const bool probe_answered = ticket.probe && outcome == Outcome::rejected;
        if (outcome == Outcome::success || probe_answered) failures = 0;
        if (outcome == Outcome::failure) ++failures;
        if (ticket.probe && (outcome == Outcome::success || probe_answered)) change(closed);
        const bool opens = ticket.probe
                               ? outcome == Outcome::failure || outcome == Outcome::throttled
                               : outcome == Outcome::failure && failures >= fail_max;
        if (!opens) return;
        open_until = now + std::clamp(retry_after, open_time, longest_open_time);
        change(open);
    }

    void renew(const Ticket& ticket, TimePoint now) {
        if (ticket.probe && !is_late(ticket)) leases_[*ticket.probe] = now + lease_;
    }

    void force(CircuitState to) {
        failures = 0;
        if (state != to) change(to);
    }

    [[nodiscard]] CircuitState state_at(TimePoint now) const {
        return state == open && now >= open_until ? half_open : state;
    }
    [[nodiscard]] Duration retry_in(TimePoint now) const {
        if (state == isolated) return Duration::max();
        if (state == open) return std::max<Duration>(open_until - now, 0s);
        if (state == closed || live_probes(now) < most_probes_) return 0s;
        Duration shortest = lease_;
        for (const auto& [id, end] : leases_) shortest = std::min(shortest, end - now);
        return shortest;
    }
    [[nodiscard]] int live_probes(TimePoint now) const {
        return static_cast<int>(std::ranges::count_if(
            leases_, [now](const auto& probe) { return probe.second > now; }));
    }

    CircuitState state = closed;
    std::uint64_t generation = 1;
    int failures = 0;
    TimePoint open_until{};

private:
    void change(CircuitState to) {
        state = to;
        ++generation;
        leases_.clear();
    }

    int most_probes_;
    Duration lease_;
    int last_probe_ = 0;
    std::map<int, TimePoint> leases_{};
};

/// A breaker and its model, led through the same history.
class History {
public:
    explicit History(std::mt19937& random)
        : random_(random),
          most_probes_(1 + pick(2)),
          lease_(std::array{10s, 45s, 200s}[static_cast<std::size_t>(pick(3))]),
          breaker_({.fail_max = fail_max,
                    .reset_timeout = 30s,
                    .max_retry_after = 120s,
                    .half_open_probes = most_probes_,
                    .on_state_change = [this](const CircuitStateChange& c) { take(c); }},
                   [] { return 0.0; }),
          model_(most_probes_, lease_) {}

    void step() {
        const int kind = pick(100);
        if (kind < 40) return ask();
        if (kind < 65) return record();
        if (kind < 70) return drop();
        if (kind < 75) return renew();
        if (kind < 80) return first_event();
        if (kind < 98) return wait(std::chrono::seconds(pick(25)));
        return force();
    }

    void check() const {
        const auto snapshot = breaker_.snapshot(now_);
        ASSERT_EQ(snapshot.state, model_.state_at(now_));
        ASSERT_EQ(snapshot.generation, model_.generation);
        ASSERT_EQ(snapshot.consecutive_failures, model_.failures);
        ASSERT_EQ(breaker_.retry_in(now_), model_.retry_in(now_));
        ASSERT_LE(model_.live_probes(now_), most_probes_);
        const auto& c = snapshot.counters;
        ASSERT_EQ(c.granted, granted_);
        ASSERT_EQ(c.refused, refused_);
        ASSERT_EQ(c.late, late_);
        ASSERT_EQ(c.in_flight, held_.size());
        ASSERT_EQ(c.granted, c.successes + c.failures + c.throttled + c.rejected + c.neutral +
                                 c.late + c.in_flight);
    }

    /// From any state, whether permits are dropped or forgotten.
    void expect_a_probe_in_time() {
        if (model_.state == isolated) return;
        if (pick(2) == 0) held_.clear();
        wait(std::max(model_.open_until - now_, lease_));
        ASSERT_TRUE(std::holds_alternative<Permit>(breaker_.acquire(now_)));
    }

private:
    struct Held {
        Permit permit;
        Model::Ticket ticket;
    };

    int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

    void ask() {
        const auto expected = model_.acquire(now_);
        auto admission = breaker_.acquire(now_, lease_);
        ASSERT_EQ(std::holds_alternative<Permit>(admission), expected.has_value());
        if (expected) {
            ++granted_;
            held_.push_back({std::get<Permit>(std::move(admission)), *expected});
        } else {
            ++refused_;
            ASSERT_EQ(std::get<Refusal>(admission).retry_in, model_.retry_in(now_));
        }
    }

    void record() {
        const auto outcome = static_cast<Outcome>(pick(5));
        const auto retry_after = std::chrono::seconds(50 * pick(4) - 10);
        end_one(outcome, retry_after,
                [&](Permit& permit) { permit.record(outcome, now_, retry_after); });
    }

    void drop() {
        end_one(Outcome::neutral, 0s, [](Permit&) {});
    }

    void first_event() {
        if (held_.empty()) return;
        Held& held = any_held();
        if (held.ticket.probe) {
            end(held, Outcome::success, 0s, [&](Permit& permit) { permit.first_event(now_); });
        } else {
            held.permit.first_event(now_);
        }
    }

    void renew() {
        if (held_.empty()) return;
        Held& held = any_held();
        held.permit.renew(now_);
        model_.renew(held.ticket, now_);
    }

    void wait(Duration time) { now_ += time; }

    void force() {
        if (pick(4) == 0) {
            breaker_.isolate();
            model_.force(isolated);
        } else {
            breaker_.close();
            model_.force(closed);
        }
    }

    Held& any_held() {
        return held_[static_cast<std::size_t>(pick(static_cast<int>(held_.size())))];
    }

    template <class EndIt>
    void end_one(Outcome outcome, Duration retry_after, EndIt end_it) {
        if (!held_.empty()) end(any_held(), outcome, retry_after, end_it);
    }

    template <class EndIt>
    void end(Held& held, Outcome outcome, Duration retry_after, EndIt end_it) {
        const auto before = breaker_.snapshot(now_);
        const bool late = model_.is_late(held.ticket);
        model_.record(held.ticket, outcome, now_, retry_after);
        end_it(held.permit);
        std::swap(held, held_.back());
        held_.pop_back();
        if (late) ++late_;
        if (late || outcome == Outcome::neutral) {
            const auto after = breaker_.snapshot(now_);
            ASSERT_EQ(after.generation, before.generation);
            ASSERT_EQ(after.consecutive_failures, before.consecutive_failures);
        }
    }

    void take(const CircuitStateChange& change) {
        EXPECT_EQ(change.from, told_);
        EXPECT_EQ(change.generation, ++told_generation_);
        if (change.to == open) opened_at_ = now_;
        if (change.to == half_open) {
            EXPECT_GE(now_, opened_at_ + open_time);
        }
        told_ = change.to;
    }

    std::mt19937& random_;
    int most_probes_;
    Duration lease_;
    CircuitBreaker breaker_;
    Model model_;
    std::vector<Held> held_{};
    TimePoint now_{1h};
    std::uint64_t granted_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t late_ = 0;
    CircuitState told_ = closed;
    std::uint64_t told_generation_ = 1;
    TimePoint opened_at_{};
};

TEST(CircuitBreakerHistories, KeepTheInvariants) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int i = 0; i < 10'000; ++i) {
        SCOPED_TRACE(i);
        History history(random);
        for (int step = 0; step < 100; ++step) {
            history.step();
            history.check();
            if (HasFailure()) return;
        }
        history.expect_a_probe_in_time();
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace cloud_backend
