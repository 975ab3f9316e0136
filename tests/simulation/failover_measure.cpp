#include "failover_measure.hpp"

#include <cloud_backend/circuit_breaker.hpp>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace cloud_backend::simulation {

namespace {

const Duration reset_timeout = CircuitBreakerOptions{}.reset_timeout;
constexpr TimePoint trouble_start = TimePoint{} + trouble_begins;

/// `values` is not empty.
Duration quantile(std::vector<Duration> values, double share) {
    const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size()));
    const auto place = std::min(values.begin() + rank, values.end() - 1);
    std::ranges::nth_element(values, place);
    return *place;
}

void measure_switch(FailoverResult& result, const FailoverRun& run, TimePoint trouble_end) {
    std::vector<Duration> past_unavailable;
    for (const RoutedCall& call : run.calls) {
        if (call.past_unavailable && call.answered_by && call.made < trouble_end) {
            past_unavailable.push_back(call.done - call.made);
        }
    }
    if (past_unavailable.empty() || run.straight.empty()) return;
    const auto added = [&](double share) {
        return quantile(past_unavailable, share) - quantile(run.straight, share);
    };
    result.added_median = added(0.5);
    result.added_p99 = added(0.99);
}

void measure_probes(FailoverResult& result, const FailoverRun& run, TimePoint trouble_end) {
    std::map<std::pair<Backend, std::size_t>, std::vector<TimePoint>> of_health;
    for (const Probe& probe : run.probes) {
        of_health[{probe.backend, probe.health}].push_back(probe.at);
    }
    const double reset_timeouts = std::chrono::duration<double>(trouble_end - trouble_start) /
                                  std::chrono::duration<double>(reset_timeout);
    for (const auto& [health, times] : of_health) {
        const auto in_trouble = std::ranges::count_if(
            times, [&](TimePoint at) { return at >= trouble_start && at < trouble_end; });
        result.probes = std::max(result.probes, static_cast<double>(in_trouble) / reset_timeouts);
        for (std::size_t i = 1; i < times.size(); ++i) {
            result.shortest_probe_gap =
                std::min(result.shortest_probe_gap, times[i] - times[i - 1]);
        }
    }
}

Duration returned_after(const FailoverRun& run, TimePoint trouble_end) {
    std::vector<bool> answered_again(failover_clients);
    Duration latest{};
    for (const RoutedCall& call : run.calls) {
        if (call.made < trouble_end || answered_again.at(call.client)) continue;
        if (call.answered_by == Backend::first) {
            answered_again.at(call.client) = true;
        } else {
            latest = call.made - trouble_end;
        }
    }
    return latest;
}

}  // namespace

FailoverResult measure(const FailoverScenario& scenario, const FailoverRun& run) {
    const TimePoint trouble_end = trouble_start + scenario.trouble_time;
    FailoverResult result{.calls = run.calls.size(),
                          .requests_to_the_ill = run.requests_to_the_ill,
                          .returned_after = returned_after(run, trouble_end)};
    std::size_t answered = 0;
    for (const RoutedCall& call : run.calls) {
        if (call.answered_by) ++answered;
        const bool once = call.answers == (call.answered_by ? 1U : 0U);
        if (!once || (call.answered_by && !call.intact)) ++result.not_answered_once;
        if (call.requests != call.attempts) ++result.misreported;
        result.slowest = std::max(result.slowest, call.done - call.made);
    }
    result.answered = static_cast<double>(answered) / static_cast<double>(run.calls.size());
    measure_switch(result, run, trouble_end);
    measure_probes(result, run, trouble_end);
    return result;
}

FailoverResult worst_of(const FailoverResult& a, const FailoverResult& b) {
    return {.calls = std::min(a.calls, b.calls),
            .answered = std::min(a.answered, b.answered),
            .added_median = std::max(a.added_median, b.added_median),
            .added_p99 = std::max(a.added_p99, b.added_p99),
            .slowest = std::max(a.slowest, b.slowest),
            .requests_to_the_ill = std::max(a.requests_to_the_ill, b.requests_to_the_ill),
            .probes = std::max(a.probes, b.probes),
            .shortest_probe_gap = std::min(a.shortest_probe_gap, b.shortest_probe_gap),
            .returned_after = std::max(a.returned_after, b.returned_after),
            .not_answered_once = a.not_answered_once + b.not_answered_once,
            .misreported = a.misreported + b.misreported};
}

bool within(const FailoverBounds& bounds, const FailoverResult& result) {
    // Empty is less than any.
    return result.answered >= bounds.min_answered && result.added_median <= bounds.max_added &&
           result.added_p99 <= bounds.max_added && result.probes <= bounds.max_probes &&
           result.shortest_probe_gap >= reset_timeout &&
           result.returned_after <= bounds.max_return && result.not_answered_once == 0 &&
           result.misreported == 0;
}

}  // namespace cloud_backend::simulation
