#include "breaker_fixture.hpp"

#include <cloud_backend/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

// SPEC 5
namespace cloud_backend {
namespace {

using namespace std::chrono_literals;
using test::always;
using test::Permit;

class Breaker : public test::BreakerTest {};

// --- B1 ---

TEST_F(Breaker, OpensAfterFailMaxConsecutiveFailures) {
    auto breaker = make();
    for (int i = 0; i < 4; ++i) attempt(breaker, Outcome::failure);
    EXPECT_EQ(state(breaker), CircuitState::closed);
    attempt(breaker, Outcome::failure);
    EXPECT_EQ(state(breaker), CircuitState::open);
    EXPECT_EQ(refusal(breaker), 30s);
}

TEST_F(Breaker, ASuccessForgetsFailuresAndNothingElseDoes) {
    auto breaker = make();
    for (const auto outcome : {Outcome::throttled, Outcome::rejected, Outcome::neutral}) {
        for (int i = 0; i < 4; ++i) attempt(breaker, Outcome::failure);
        attempt(breaker, Outcome::success);
        for (int i = 0; i < 4; ++i) attempt(breaker, Outcome::failure);
        attempt(breaker, outcome);
        EXPECT_EQ(breaker.snapshot(now).consecutive_failures, 4);
        EXPECT_EQ(state(breaker), CircuitState::closed);
        attempt(breaker, Outcome::success);
    }
}

TEST_F(Breaker, ThrottlingAndRejectionsNeverOpenAClosedCircuit) {
    auto breaker = make();
    for (int i = 0; i < 50; ++i) {
        attempt(breaker, Outcome::throttled);
        attempt(breaker, Outcome::rejected);
        attempt(breaker, Outcome::neutral);
    }
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

TEST_F(Breaker, UpToATenthIsAddedToTheOpenTime) {
    CircuitBreaker breaker(options, always(0.5));
    trip(breaker);
    EXPECT_EQ(refusal(breaker), 31'500ms);
    for (const auto outcome : {Outcome::failure, Outcome::throttled}) {  // Of a probe.
        now += 31'500ms;
        attempt(breaker, outcome);
        EXPECT_EQ(refusal(breaker), 31'500ms);
    }
}

TEST_F(Breaker, ARetryAfterLengthensTheOpenTimeUpToItsCap) {
    struct Row {
        Duration retry_after;
        Duration open;
    };
    for (const auto& [retry_after, open] :
         {Row{10s, 30s}, Row{45s, 45s}, Row{500s, 120s}, Row{Duration::max(), 120s}}) {
        auto breaker = make();
        for (int i = 0; i < 4; ++i)
            attempt(breaker, Outcome::failure, 100s);  // Not the tripping one.
        attempt(breaker, Outcome::failure, retry_after);
        EXPECT_EQ(refusal(breaker), open);
    }
}

TEST_F(Breaker, HalfOpenLetsOneProbeThroughAndOneSuccessCloses) {
    auto breaker = make();
    trip(breaker);
    now += 30s - 1ns;
    EXPECT_EQ(refusal(breaker), 1ns);
    now += 1ns;
    EXPECT_EQ(state(breaker), CircuitState::half_open);
    EXPECT_EQ(breaker.retry_in(now), 0s);
    auto probe = permit(breaker);
    EXPECT_EQ(refusal(breaker), 80s);  // The probe's lease.
    probe.record(Outcome::success, now);
    EXPECT_EQ(state(breaker), CircuitState::closed);
    EXPECT_EQ(breaker.snapshot(now).consecutive_failures, 0);
}

TEST_F(Breaker, InHalfOpenAFailureOrThrottlingReopensAndAnyOtherAnswerCloses) {
    struct Row {
        Outcome outcome;
        CircuitState state;
    };
    for (const auto& [outcome, expected] :
         {Row{Outcome::failure, CircuitState::open}, Row{Outcome::throttled, CircuitState::open},
          Row{Outcome::rejected, CircuitState::closed}, Row{Outcome::success, CircuitState::closed},
          Row{Outcome::neutral, CircuitState::half_open}}) {
        auto breaker = make();
        trip(breaker);
        now += 31s;
        attempt(breaker, outcome, 45s);
        EXPECT_EQ(state(breaker), expected);
        if (expected == CircuitState::open) {
            EXPECT_EQ(refusal(breaker), 45s);
        }
        now += 1h;
    }
}

TEST_F(Breaker, OfSeveralProbesTheFirstResultDecides) {
    options.half_open_probes = 2;
    auto breaker = make();
    trip(breaker);
    now += 31s;
    auto one = permit(breaker);
    auto two = permit(breaker);
    EXPECT_GT(refusal(breaker), 0s);
    one.record(Outcome::failure, now);
    EXPECT_EQ(state(breaker), CircuitState::open);
    two.record(Outcome::success, now);
    EXPECT_EQ(state(breaker), CircuitState::open);
    EXPECT_EQ(breaker.snapshot(now).counters.late, 1u);
}

TEST_F(Breaker, ARetryAfterOfBeforeTheCircuitOpensLengthensNothing) {
    auto breaker = make();
    attempt(breaker, Outcome::throttled, 100s);
    attempt(breaker, Outcome::rejected, 100s);
    trip(breaker);
    EXPECT_EQ(refusal(breaker), 30s);
}

TEST_F(Breaker, ANegativeRetryAfterShortensNothing) {
    options.fail_max = 1;
    auto breaker = make();
    attempt(breaker, Outcome::failure, Duration::min());
    EXPECT_EQ(refusal(breaker), 30s);
}

TEST_F(Breaker, OptionsAndLeasesWithoutEndDoNotOverflow) {
    options.fail_max = 1;
    options.reset_timeout = options.max_retry_after = std::chrono::milliseconds::max();
    options.failure_rate = FailureRateOptions{.window = std::chrono::milliseconds::max()};
    auto breaker = make();
    for (const auto retry_after : {Duration::zero(), Duration::max()}) {
        attempt(breaker, Outcome::failure, retry_after);
        EXPECT_EQ(refusal(breaker), 24h * 365);
        now += 24h * 365;
    }
    auto probe = std::get<Permit>(breaker.acquire(now, Duration::max()));
    now += 1h;
    probe.renew(now);
    EXPECT_EQ(refusal(breaker), 24h * 365);
}

// --- B6 ---

TEST_F(Breaker, IsolatedRefusesUntilItIsClosed) {
    auto breaker = make();
    auto in_flight = permit(breaker);
    breaker.isolate();
    now += 24h;
    EXPECT_EQ(refusal(breaker), Duration::max());
    EXPECT_EQ(state(breaker), CircuitState::isolated);
    EXPECT_FALSE(breaker.snapshot(now).next_probe_in);
    in_flight.record(Outcome::success, now);
    EXPECT_EQ(state(breaker), CircuitState::isolated);
    breaker.close();
    EXPECT_EQ(state(breaker), CircuitState::closed);
    EXPECT_EQ(breaker.snapshot(now).counters.refused, 1u);
}

TEST_F(Breaker, CloseForgetsFailuresAndResetTheCountersToo) {
    auto breaker = make();
    trip(breaker);
    breaker.close();
    EXPECT_EQ(breaker.snapshot(now).consecutive_failures, 0);
    EXPECT_EQ(breaker.snapshot(now).counters.failures, 5u);
    const auto in_flight = permit(breaker);
    breaker.reset();
    const auto counters = breaker.snapshot(now).counters;
    EXPECT_EQ(counters.failures, 0u);
    EXPECT_EQ(counters.granted, 1u);
    EXPECT_EQ(counters.in_flight, 1u);
}

TEST_F(Breaker, ChangesAreToldInOrderOutsideTheLockAndMayThrowOrCallBack) {
    std::vector<std::pair<CircuitState, CircuitState>> told;
    std::vector<std::uint64_t> generations;
    CircuitBreaker* self = nullptr;
    options.fail_max = 1;
    options.on_state_change = [&](const CircuitStateChange& change) {
        generations.push_back(change.generation);
        if (change.to == CircuitState::open) self->close();  // Told after this returns.
        told.emplace_back(change.from, change.to);
        throw std::runtime_error("must not matter");
    };
    CircuitBreaker breaker(options, always(0));
    self = &breaker;
    attempt(breaker, Outcome::failure);
    using enum CircuitState;
    EXPECT_EQ(told,
              (std::vector<std::pair<CircuitState, CircuitState>>{{closed, open}, {open, closed}}));
    EXPECT_TRUE(std::ranges::is_sorted(generations));
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

TEST_F(Breaker, ResetForgetsNothingThatCameAfterIt) {
    CircuitBreaker* self = nullptr;
    options.on_state_change = [&](const CircuitStateChange& change) {
        if (change.to == CircuitState::closed) attempt(*self, Outcome::failure);
    };
    auto breaker = make();
    self = &breaker;
    breaker.isolate();
    breaker.reset();
    const auto after = breaker.snapshot(now);
    EXPECT_EQ(after.consecutive_failures, 1);
    EXPECT_EQ(after.counters.failures, 1u);
}

TEST_F(Breaker, WhatChangesNothingIsNotTold) {
    int told = 0;
    options.on_state_change = [&](const CircuitStateChange&) { ++told; };
    auto breaker = make();
    breaker.close();
    attempt(breaker, Outcome::failure);
    breaker.reset();
    EXPECT_EQ(told, 0);
    breaker.isolate();
    breaker.isolate();
    EXPECT_EQ(told, 1);
}

TEST_F(Breaker, TheSnapshotTellsWhenTheNextProbeComes) {
    auto breaker = make();
    EXPECT_FALSE(breaker.snapshot(now).next_probe_in);
    trip(breaker);
    now += 10s;
    EXPECT_EQ(breaker.snapshot(now).next_probe_in, 20s);
    now += 20s;
    EXPECT_FALSE(breaker.snapshot(now).next_probe_in);
    const auto probe = std::get<Permit>(breaker.acquire(now, 7s));
    EXPECT_EQ(breaker.snapshot(now).next_probe_in, 7s);
}

// --- B7 ---

TEST_F(Breaker, NoUserCodeRunsUnderTheLock) {
    CircuitBreaker* self = nullptr;
    int draws = 0;
    options.fail_max = 1;
    options.on_state_change = [&](const CircuitStateChange&) { (void)self->snapshot(now); };
    CircuitBreaker breaker(options, [&] {
        ++draws;
        return self->state(now) == CircuitState::closed ? 0.0 : 1.0;
    });
    self = &breaker;
    attempt(breaker, Outcome::failure);
    EXPECT_EQ(draws, 1);
    EXPECT_EQ(refusal(breaker), 30s);
}

}  // namespace
}  // namespace cloud_backend
