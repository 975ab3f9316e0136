#include <cloud_backend/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

// SPEC 5
namespace cloud_backend {
namespace {

using namespace std::chrono_literals;
using Permit = CircuitBreaker::Permit;

constexpr TimePoint start{1h};

RandomSource always(double u) {
    return [u] { return u; };
}

class Breaker : public ::testing::Test {
protected:
    CircuitBreakerOptions options{};
    TimePoint now = start;

    CircuitBreaker make() { return CircuitBreaker(options, always(0)); }
    Permit permit(CircuitBreaker& breaker) const { return std::get<Permit>(breaker.acquire(now)); }
    Duration refusal(CircuitBreaker& breaker) const {
        return std::get<CircuitBreaker::Refusal>(breaker.acquire(now)).retry_in;
    }
    void attempt(CircuitBreaker& breaker, Outcome outcome,
                 std::optional<Duration> retry_after = {}) const {
        permit(breaker).record(outcome, now, retry_after);
    }
    void trip(CircuitBreaker& breaker) const {
        for (int i = 0; i < options.fail_max; ++i) attempt(breaker, Outcome::failure);
    }
    CircuitState state(const CircuitBreaker& breaker) const { return breaker.state(now); }
};

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
    attempt(breaker, Outcome::failure, Duration::max());
    EXPECT_EQ(refusal(breaker), 24h * 365);
    now += 24h * 365;
    auto probe = std::get<Permit>(breaker.acquire(now, Duration::max()));
    now += 1h;
    probe.renew(now);
    EXPECT_EQ(refusal(breaker), 24h * 365);
}

// --- B2, B3 ---

TEST_F(Breaker, ADroppedPermitIsNeutralAndGivesItsPlaceBack) {
    auto breaker = make();
    trip(breaker);
    now += 31s;
    { const auto probe = permit(breaker); }
    EXPECT_EQ(breaker.snapshot(now).counters.neutral, 1u);
    EXPECT_EQ(breaker.retry_in(now), 0s);
}

TEST_F(Breaker, AForgottenProbeLosesItsLeaseAndItsResultIsLate) {
    auto breaker = make();
    trip(breaker);
    now += 31s;
    auto forgotten = std::get<Permit>(breaker.acquire(now, 5s));
    now += 5s - 1ns;
    EXPECT_EQ(refusal(breaker), 1ns);
    now += 1ns;
    auto next = permit(breaker);
    forgotten.record(Outcome::failure, now);
    EXPECT_EQ(state(breaker), CircuitState::half_open);
    EXPECT_EQ(breaker.snapshot(now).counters.late, 1u);
    next.record(Outcome::success, now);
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

TEST_F(Breaker, AForgottenProbeStillDecidesWhileNobodyTookItsPlace) {
    auto breaker = make();
    trip(breaker);
    now += 31s;
    auto forgotten = std::get<Permit>(breaker.acquire(now, 5s));
    now += 1h;
    forgotten.record(Outcome::success, now);
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

TEST_F(Breaker, AProbeThatLostItsPlaceDoesNotRenewTheLeaseOfAnother) {
    auto breaker = make();
    trip(breaker);
    now += 31s;
    auto forgotten = std::get<Permit>(breaker.acquire(now, 5s));
    now += 5s;
    const auto next = std::get<Permit>(breaker.acquire(now, 5s));
    now += 3s;
    forgotten.renew(now);
    EXPECT_EQ(refusal(breaker), 2s);
}

TEST_F(Breaker, NoProbesAtOnceWouldBeForEver) {
    options.half_open_probes = 0;
    auto breaker = make();
    trip(breaker);
    now += 30s;
    attempt(breaker, Outcome::success);
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

TEST_F(Breaker, BytesRenewTheLease) {
    auto breaker = make();
    trip(breaker);
    now += 31s;
    auto probe = std::get<Permit>(breaker.acquire(now, 5s));
    now += 4s;
    probe.renew(now);
    now += 4s;
    EXPECT_EQ(refusal(breaker), 1s);
}

TEST_F(Breaker, ALateResultChangesNothing) {
    auto breaker = make();
    auto of_before = permit(breaker);
    auto another = permit(breaker);
    trip(breaker);
    const auto before = breaker.snapshot(now);
    of_before.record(Outcome::success, now);
    EXPECT_EQ(state(breaker), CircuitState::open);
    EXPECT_EQ(breaker.snapshot(now).generation, before.generation);
    now += 31s;
    attempt(breaker, Outcome::success);
    another.record(Outcome::failure, now);
    EXPECT_EQ(breaker.snapshot(now).consecutive_failures, 0);
    EXPECT_EQ(breaker.snapshot(now).counters.late, 2u);
}

TEST_F(Breaker, APermitReportsOnceAndMovesItsRight) {
    auto breaker = make();
    auto first = permit(breaker);
    auto second = std::move(first);
    second.record(Outcome::failure, now);
    second.record(Outcome::failure, now);
    EXPECT_EQ(breaker.snapshot(now).consecutive_failures, 1);
    auto third = permit(breaker);
    third = permit(breaker);  // The old right is dropped.
    EXPECT_EQ(breaker.snapshot(now).counters.neutral, 1u);
    EXPECT_EQ(breaker.snapshot(now).counters.in_flight, 1u);
    Permit& itself = third;
    third = std::move(itself);
    EXPECT_EQ(breaker.snapshot(now).counters.in_flight, 1u);
}

TEST_F(Breaker, EachResultIsCountedAsWhatItWas) {
    auto breaker = make();
    attempt(breaker, Outcome::success);
    for (int i = 0; i < 2; ++i) attempt(breaker, Outcome::failure);
    for (int i = 0; i < 3; ++i) attempt(breaker, Outcome::throttled);
    for (int i = 0; i < 4; ++i) attempt(breaker, Outcome::rejected);
    for (int i = 0; i < 5; ++i) attempt(breaker, Outcome::neutral);
    const auto counters = breaker.snapshot(now).counters;
    EXPECT_EQ(counters.granted, 15u);
    EXPECT_EQ(counters.successes, 1u);
    EXPECT_EQ(counters.failures, 2u);
    EXPECT_EQ(counters.throttled, 3u);
    EXPECT_EQ(counters.rejected, 4u);
    EXPECT_EQ(counters.neutral, 5u);
    EXPECT_EQ(counters.refused + counters.late + counters.in_flight, 0u);
}

TEST_F(Breaker, ToLookTakesNoPermitAndChangesNothing) {
    auto breaker = make();
    trip(breaker);
    now += 31s;
    const auto before = breaker.snapshot(now);
    EXPECT_EQ(breaker.retry_in(now), 0s);
    EXPECT_EQ(state(breaker), CircuitState::half_open);
    const auto after = breaker.snapshot(now);
    EXPECT_EQ(after.generation, before.generation);
    EXPECT_EQ(after.counters.granted, before.counters.granted);
    EXPECT_EQ(after.counters.refused, 0u);
    EXPECT_TRUE(std::holds_alternative<Permit>(breaker.acquire(now)));
}

// --- B4 ---

TEST_F(Breaker, TheFirstEventOfAProbeClosesAndOfAnyOtherPermitDoesNothing) {
    auto breaker = make();
    auto ordinary = permit(breaker);
    ordinary.first_event(now);
    EXPECT_EQ(breaker.snapshot(now).counters.successes, 0u);
    ordinary.record(Outcome::success, now);
    EXPECT_EQ(breaker.snapshot(now).counters.successes, 1u);
    trip(breaker);
    now += 31s;
    auto probe = permit(breaker);
    probe.first_event(now);
    EXPECT_EQ(state(breaker), CircuitState::closed);
    probe.record(Outcome::failure, now);
    EXPECT_EQ(breaker.snapshot(now).consecutive_failures, 0);
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
        told.emplace_back(change.from, change.to);
        generations.push_back(change.generation);
        if (change.to == CircuitState::open) self->close();  // Told after this returns.
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

// --- B8 ---

TEST_F(Breaker, AFailureRateOpensWhenItIsSwitchedOn) {
    options.failure_rate = FailureRateOptions{};
    options.fail_max = 1'000;
    auto breaker = make();
    for (int i = 0; i < 5; ++i) attempt(breaker, Outcome::success);
    for (int i = 0; i < 4; ++i) attempt(breaker, Outcome::failure);
    EXPECT_EQ(state(breaker), CircuitState::closed);  // 4 of 9: too few, and under a half.
    attempt(breaker, Outcome::failure);
    EXPECT_EQ(state(breaker), CircuitState::open);
}

TEST_F(Breaker, FailuresLeaveTheWindowWithTime) {
    options.failure_rate = FailureRateOptions{};
    options.fail_max = 1'000;
    auto breaker = make();
    for (int i = 0; i < 9; ++i) attempt(breaker, Outcome::failure);
    now += 31s;
    attempt(breaker, Outcome::failure);
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

// --- threads ---

TEST(BreakerThreads, CountersAddUp) {
    CircuitBreaker breaker({.fail_max = 3, .reset_timeout = 1ms});
    {
        std::vector<std::jthread> threads;
        for (unsigned thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&breaker, thread] {
                std::minstd_rand random(thread + 1);
                for (int i = 0; i < 2'000; ++i) {
                    auto admission = breaker.acquire();
                    auto* permit = std::get_if<Permit>(&admission);
                    if (permit != nullptr && random() % 4 != 0) {
                        permit->record(static_cast<Outcome>(random() % 5));
                    }
                }
            });
        }
    }
    const auto c = breaker.snapshot().counters;
    EXPECT_EQ(c.in_flight, 0u);
    EXPECT_EQ(c.granted + c.refused, 16'000u);
    EXPECT_EQ(c.granted, c.successes + c.failures + c.throttled + c.rejected + c.neutral + c.late);
}

}  // namespace
}  // namespace cloud_backend
