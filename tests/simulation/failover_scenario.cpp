#include "failover_scenario.hpp"

#include "failover.hpp"

namespace cloud_backend::simulation {

namespace {

using std::chrono::seconds;

const Outage refuses{.condition = {.listening = false}};
const Outage unreachable{.reachable = false};
const Outage stands_still{.condition = {.speed = 0}};
const Outage brown_out{.condition = {.fault_rate = 0.8}};

Outage unavailable(std::optional<seconds> retry_after = {}) {
    return {.condition = {.fault_rate = 1}, .retry_after = retry_after};
}

/// A probe that is on its way when the server returns waits for its limit first.
FailoverBounds after_a_silent_probe(Duration limit) {
    FailoverBounds bounds;
    bounds.max_return += limit;
    return bounds;
}

/// Nobody answers while both are dead, nor until their circuits are half-open.
FailoverBounds without_anyone(seconds trouble_time) {
    const FailoverBounds bounds;
    const Duration whole = trouble_begins + trouble_time + time_after_trouble;
    const Duration lost = trouble_time + bounds.max_return;
    return {.min_answered =
                1 - static_cast<double>(lost.count()) / static_cast<double>(whole.count())};
}

}  // namespace

std::vector<FailoverScenario> failover_scenarios() {
    constexpr seconds short_time{10};
    return {
        {.name = "first: refused", .first = refuses},
        {.name = "first: refused, one health",
         .first = refuses,
         .health = HealthOwner::all_clients},
        {.name = "first: no connection",
         .first = unreachable,
         .bounds = after_a_silent_probe(failover_timeouts.connect)},
        {.name = "first: no answer",
         .first = stands_still,
         .bounds = after_a_silent_probe(failover_timeouts.first_byte)},
        {.name = "first: 503", .first = unavailable()},
        {.name = "first: 503, retry after 5 s", .first = unavailable(seconds(5))},
        {.name = "first: 503, retry after 45 s",
         .first = unavailable(seconds(45)),
         .bounds = {.max_return = seconds(45)}},
        {.name = "first: 80 % are 503", .first = brown_out},
        {.name = "second: refused", .second = refuses},
        {.name = "second: no answer", .second = stands_still},
        {.name = "both for 10 s: refused",
         .first = refuses,
         .second = refuses,
         .trouble_time = short_time,
         .bounds = without_anyone(short_time)},
        {.name = "both for 10 s: 503",
         .first = unavailable(),
         .second = unavailable(),
         .trouble_time = short_time,
         .bounds = without_anyone(short_time)},
    };
}

}  // namespace cloud_backend::simulation
