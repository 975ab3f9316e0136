#include "breaker_fixture.hpp"

#include <cloud_backend/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <variant>

// SPEC 5
namespace cloud_backend {
namespace {

using namespace std::chrono_literals;
using test::Permit;

class BreakerPermit : public test::BreakerTest {};

// --- B2, B3 ---

TEST_F(BreakerPermit, ADroppedPermitIsNeutralAndGivesItsPlaceBack) {
    auto breaker = make();
    trip(breaker);
    now += 31s;
    { const auto probe = permit(breaker); }
    EXPECT_EQ(breaker.snapshot(now).counters.neutral, 1u);
    EXPECT_EQ(breaker.retry_in(now), 0s);
}

TEST_F(BreakerPermit, AForgottenProbeLosesItsLeaseAndItsResultIsLate) {
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

TEST_F(BreakerPermit, AForgottenProbeStillDecidesWhileNobodyTookItsPlace) {
    auto breaker = make();
    trip(breaker);
    now += 31s;
    auto forgotten = std::get<Permit>(breaker.acquire(now, 5s));
    now += 1h;
    forgotten.record(Outcome::success, now);
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

TEST_F(BreakerPermit, AProbeThatLostItsPlaceDoesNotRenewTheLeaseOfAnother) {
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

TEST_F(BreakerPermit, AProbeOfAnOlderGenerationTakesNoPlace) {
    options.half_open_probes = 2;
    auto breaker = make();
    trip(breaker);
    now += 31s;
    const auto under_way = permit(breaker);
    attempt(breaker, Outcome::failure);
    now += 31s;
    const auto one = permit(breaker);
    const auto two = permit(breaker);
    EXPECT_EQ(refusal(breaker), 80s);
}

TEST_F(BreakerPermit, NoProbesAtOnceWouldBeForEver) {
    options.half_open_probes = 0;
    auto breaker = make();
    trip(breaker);
    now += 30s;
    attempt(breaker, Outcome::neutral);
    attempt(breaker, Outcome::success);
    EXPECT_EQ(state(breaker), CircuitState::closed);
}

TEST_F(BreakerPermit, BytesRenewTheLease) {
    auto breaker = make();
    trip(breaker);
    now += 31s;
    auto probe = std::get<Permit>(breaker.acquire(now, 5s));
    now += 4s;
    probe.renew(now);
    now += 4s;
    EXPECT_EQ(refusal(breaker), 1s);
}

TEST_F(BreakerPermit, ALateResultChangesNothing) {
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

TEST_F(BreakerPermit, APermitReportsOnceAndMovesItsRight) {
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

TEST_F(BreakerPermit, EachResultIsCountedAsWhatItWas) {
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

TEST_F(BreakerPermit, ToLookTakesNoPermitAndChangesNothing) {
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

TEST_F(BreakerPermit, TheFirstEventOfAProbeClosesAndOfAnyOtherPermitDoesNothing) {
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

}  // namespace
}  // namespace cloud_backend
