#include "failover_table.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string_view>

namespace cloud_backend::simulation {

namespace {

constexpr std::string_view layout =
    "{:<30} {:<8} {:>5} {:>8} {:>9}  {:>9} {:>8}  {:>7}  {:>8} {:>6} {:>8}  {:>8} {:>8}  {:>5} "
    "{:>8}  {}\n";

std::string in_seconds(Duration time, int digits = 1) {
    return fmt::format("{:.{}f} s", std::chrono::duration<double>(time).count(), digits);
}

std::string in_milliseconds(std::optional<Duration> time) {
    if (!time) return "-";
    return fmt::format("{:.2f} ms", std::chrono::duration<double, std::milli>(*time).count());
}

}  // namespace

std::string failover_heading() {
    return fmt::format(layout, "ill for 120 s", "", "calls", "answered", "asked", "added p50",
                       "p99", "slowest", "requests", "probes", "apart", "back", "asked", "twice",
                       "untold", "") +
           std::string(163, '-') + '\n';
}

std::string failover_row(const FailoverScenario& scenario, Delivery delivery,
                         const FailoverResult& result) {
    const FailoverBounds& bounds = scenario.bounds;
    const bool probed_twice = result.shortest_probe_gap != Duration::max();
    return fmt::format(
        layout, scenario.name, delivery == Delivery::streamed ? "streamed" : "whole", result.calls,
        fmt::format("{:.4f}", result.answered), fmt::format(">= {:.4f}", bounds.min_answered),
        in_milliseconds(result.added_median), in_milliseconds(result.added_p99),
        in_seconds(result.slowest, 2), result.requests_to_the_ill,
        fmt::format("{:.2f}", result.probes),
        probed_twice ? in_seconds(result.shortest_probe_gap) : "-",
        in_seconds(result.returned_after), fmt::format("<= {}", in_seconds(bounds.max_return, 0)),
        result.not_answered_once, result.misreported, within(bounds, result) ? "ok" : "MISSED");
}

}  // namespace cloud_backend::simulation
