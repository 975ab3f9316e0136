#include "scenario.hpp"

#include <limits>
#include <utility>

namespace cloud_backend::simulation {

namespace {

using std::chrono::seconds;

Scenario hard_outage(std::size_t clients, const Bounds& bounds) {
    return {.name = "hard outage",
            .clients = clients,
            .trouble = {.listening = false},
            .bounds = bounds};
}

Scenario brown_out(const Bounds& bounds) {
    return {.name = "brown-out, 20 % of capacity",
            .server = {.queue_limit = 100},
            .trouble = {.speed = 0.2},
            .bounds = bounds};
}

Scenario overload_trap(std::size_t clients, const Bounds& bounds) {
    return {.name = "overload trap",
            .clients = clients,
            .load = 80,
            .policy = {.timeouts = {.first_byte = seconds(5)}},
            .trouble = {.speed = 0},
            .trouble_time = seconds(15),
            .time_after = seconds(180),
            .bounds = bounds};
}

Scenario flaky(std::string name, double fault_rate, const Bounds& bounds) {
    return {.name = std::move(name),
            .trouble = {.fault_rate = fault_rate},
            .trouble_time = seconds(300),
            .bounds = bounds};
}

/// The same storm.
Scenario naive(Scenario scenario) {
    const TimeoutOptions timeouts = scenario.policy.timeouts;
    scenario.name += ", naive retry";
    scenario.policy = naive_policy();
    scenario.policy.timeouts = timeouts;
    return scenario;
}

}  // namespace

Policy naive_policy() {
    return {.retry = {.retry_on_timeout = true, .budget = {.retry_cost = 0, .ambiguous_cost = 0}},
            .breaker = {.fail_max = std::numeric_limits<int>::max()}};
}

std::vector<Scenario> scenarios() {
    return {
        hard_outage(100, {.max_amplification = 0.20, .recovery = seconds(40)}),
        hard_outage(1000, {.max_amplification = 1.30, .recovery = seconds(40)}),
        brown_out({.max_amplification = 0.6, .min_success = 0.28}),
        overload_trap(100, {.recovery = seconds(36)}),
        overload_trap(1000, {.recovery = seconds(65)}),
        flaky("2 % flaky", 0.02, {.max_amplification = 1.03, .min_success = 0.9999}),
        flaky("20 % flaky", 0.20, {.max_amplification = 1.28, .min_success = 0.98}),
        // Without breaker and budget it does not matter how many clients there are.
        naive(hard_outage(100, {})),
        naive(brown_out({})),
        naive(overload_trap(100, {.recovery = Never{}})),
    };
}

}  // namespace cloud_backend::simulation
