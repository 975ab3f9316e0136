#include "scenario.hpp"

#include <limits>

namespace cloud_backend::simulation {

namespace {

using std::chrono::seconds;

Scenario hard_outage(std::size_t clients, double max_amplification) {
    return {.name = "hard outage",
            .clients = clients,
            .trouble = {.listening = false},
            .bounds = {.max_amplification = max_amplification, .recovery = seconds(40)}};
}

Scenario brown_out() {
    return {.name = "brown-out, 20 % of capacity",
            .server = {.queue_limit = 100},
            .trouble = {.speed = 0.2},
            .bounds = {.max_amplification = 0.6, .min_success = 0.28}};
}

Scenario overload_trap(std::size_t clients, RecoveryBound recovery) {
    return {.name = "overload trap",
            .clients = clients,
            .load = 80,
            .policy = {.timeouts = {.first_byte = seconds(5)}},
            .trouble = {.speed = 0},
            .trouble_time = seconds(15),
            .time_after = seconds(180),
            .bounds = {.recovery = recovery}};
}

Scenario flaky(std::string name, double fault_rate, const Bounds& bounds) {
    return {.name = std::move(name),
            .trouble = {.fault_rate = fault_rate},
            .trouble_time = seconds(300),
            .bounds = bounds};
}

Scenario naive(Scenario scenario, const Bounds& bounds) {
    const TimeoutOptions timeouts = scenario.policy.timeouts;
    scenario.name += ", naive retry";
    scenario.policy = naive_policy();
    scenario.policy.timeouts = timeouts;
    scenario.bounds = bounds;
    return scenario;
}

}  // namespace

Policy naive_policy() {
    return {.retry = {.retry_on_timeout = true, .budget = {.retry_cost = 0, .ambiguous_cost = 0}},
            .breaker = {.fail_max = std::numeric_limits<int>::max()}};
}

std::vector<Scenario> scenarios() {
    return {
        hard_outage(100, 0.20),
        hard_outage(1000, 1.30),
        brown_out(),
        overload_trap(100, seconds(36)),
        overload_trap(1000, seconds(65)),
        flaky("2 % flaky", 0.02, {.max_amplification = 1.03, .min_success = 0.9999}),
        flaky("20 % flaky", 0.20, {.max_amplification = 1.28, .min_success = 0.98}),
        naive(hard_outage(100, 0), {}),
        naive(brown_out(), {}),
        naive(overload_trap(100, Never{}), {.recovery = Never{}}),
        naive(overload_trap(1000, Never{}), {.recovery = Never{}}),
    };
}

}  // namespace cloud_backend::simulation
