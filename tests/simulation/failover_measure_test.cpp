#include "failover_measure.hpp"

#include "failover.hpp"
#include "failover_scenario.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace cloud_backend::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const FailoverScenario scenario{.trouble_time = seconds(120)};
const TimePoint trouble_start = TimePoint{} + trouble_begins;
const TimePoint trouble_end = trouble_start + scenario.trouble_time;

RoutedCall answered(TimePoint made, Backend by, Duration time = milliseconds(50)) {
    return {.made = made,
            .done = made + time,
            .answered_by = by,
            .intact = true,
            .attempts = 1,
            .requests = 1,
            .answers = 1};
}

RoutedCall failed(TimePoint made) {
    return {.made = made, .done = made};
}

TEST(FailoverMeasure, CountsCallsThatWereNotAnsweredOnceOrToldOtherwise) {
    RoutedCall twice = answered(trouble_start, Backend::second);
    twice.answers = 2;
    RoutedCall mixed = answered(trouble_start, Backend::second);
    mixed.intact = false;
    RoutedCall paid_for = failed(trouble_start);
    paid_for.answers = 1;
    RoutedCall resent = answered(trouble_start, Backend::second, seconds(7));
    resent.requests = 2;
    const auto result =
        measure(scenario, {.calls = {answered(trouble_start, Backend::first), failed(trouble_start),
                                     twice, mixed, paid_for, resent}});
    EXPECT_EQ(result.calls, 6U);
    EXPECT_DOUBLE_EQ(result.answered, 4.0 / 6);
    EXPECT_EQ(result.not_answered_once, 3U);
    EXPECT_EQ(result.misreported, 1U);
    EXPECT_EQ(result.slowest, seconds(7));
}

TEST(FailoverMeasure, ComparesCallsThatPassByTheDeadWithCallsStraightToTheWell) {
    FailoverRun run;
    for (int i = 1; i <= 100; ++i) {
        RoutedCall passing = answered(trouble_start, Backend::second, milliseconds(2 * i));
        passing.past_unavailable = true;
        run.calls.push_back(passing);
        run.straight.emplace_back(milliseconds(i));
    }
    run.calls.push_back(answered(trouble_start, Backend::second, seconds(9)));
    RoutedCall later = answered(trouble_end, Backend::second, seconds(9));
    later.past_unavailable = true;
    run.calls.push_back(later);
    const auto result = measure(scenario, run);
    EXPECT_EQ(result.added_median, milliseconds(51));
    EXPECT_EQ(result.added_p99, milliseconds(100));
}

TEST(FailoverMeasure, HasNoAddedTimeWhereNothingWasPassedBy) {
    const auto result = measure(scenario, {.calls = {answered(trouble_start, Backend::first)},
                                           .straight = {milliseconds(50)}});
    EXPECT_EQ(result.added_median, std::nullopt);
    EXPECT_EQ(result.added_p99, std::nullopt);
}

TEST(FailoverMeasure, CountsProbesOfTheHealthThatSentMost) {
    const auto probe = [](seconds after, Backend backend, std::size_t health) {
        return Probe{.at = trouble_start + after, .backend = backend, .health = health};
    };
    const auto result = measure(
        scenario,
        {.calls = {failed(trouble_start)},
         .probes = {probe(seconds(30), Backend::first, 1), probe(seconds(31), Backend::first, 2),
                    probe(seconds(32), Backend::second, 1), probe(seconds(65), Backend::first, 1),
                    probe(seconds(119), Backend::first, 1),
                    probe(seconds(153), Backend::first, 1)}});
    EXPECT_DOUBLE_EQ(result.probes, 0.75);  // Three of the first's health 1 in four times 30 s.
    EXPECT_EQ(result.shortest_probe_gap, seconds(34));
}

TEST(FailoverMeasure, TheFirstIsBackWhenNoClientIsAnsweredElsewhereBeforeIt) {
    const auto of_client = [](std::size_t client, RoutedCall call) {
        call.client = client;
        return call;
    };
    const auto result = measure(
        scenario, {.calls = {of_client(0, answered(trouble_end + seconds(1), Backend::second)),
                             of_client(1, failed(trouble_end + seconds(20))),
                             of_client(0, answered(trouble_end + seconds(30), Backend::first)),
                             // Beside its probe.
                             of_client(0, answered(trouble_end + seconds(31), Backend::second))}});
    EXPECT_EQ(result.returned_after, seconds(20));
}

TEST(FailoverBounds, HoldEachNumberOfAResult) {
    const FailoverBounds bounds;
    const FailoverResult good{.answered = 0.999,
                              .added_median = milliseconds(1),
                              .added_p99 = milliseconds(1),
                              .probes = 1,
                              .shortest_probe_gap = seconds(30),
                              .returned_after = seconds(33)};
    EXPECT_TRUE(within(bounds, good));
    const auto with = [&](auto member, auto value) {
        FailoverResult result = good;
        result.*member = value;
        return result;
    };
    EXPECT_FALSE(within(bounds, with(&FailoverResult::answered, 0.998)));
    EXPECT_FALSE(within(bounds, with(&FailoverResult::added_median, milliseconds(2))));
    EXPECT_FALSE(within(bounds, with(&FailoverResult::added_p99, milliseconds(2))));
    EXPECT_FALSE(within(bounds, with(&FailoverResult::probes, 1.25)));
    EXPECT_FALSE(within(bounds, with(&FailoverResult::shortest_probe_gap, seconds(29))));
    EXPECT_FALSE(within(bounds, with(&FailoverResult::returned_after, seconds(34))));
    EXPECT_FALSE(within(bounds, with(&FailoverResult::not_answered_once, 1U)));
    EXPECT_FALSE(within(bounds, with(&FailoverResult::misreported, 1U)));
    EXPECT_TRUE(within(bounds, with(&FailoverResult::added_p99, std::nullopt)));
}

TEST(FailoverBounds, HoldTheWorstOfTwoResults) {
    const FailoverResult a{.answered = 0.9, .probes = 1, .returned_after = seconds(1)};
    const FailoverResult b{.answered = 1,
                           .added_p99 = milliseconds(3),
                           .shortest_probe_gap = seconds(31),
                           .not_answered_once = 2};
    for (const FailoverResult& worst : {worst_of(a, b), worst_of(b, a)}) {
        EXPECT_DOUBLE_EQ(worst.answered, 0.9);
        EXPECT_EQ(worst.added_p99, milliseconds(3));
        EXPECT_DOUBLE_EQ(worst.probes, 1);
        EXPECT_EQ(worst.shortest_probe_gap, seconds(31));
        EXPECT_EQ(worst.returned_after, seconds(1));
        EXPECT_EQ(worst.not_answered_once, 2U);
    }
}

}  // namespace
}  // namespace cloud_backend::simulation
