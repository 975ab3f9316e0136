#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace cloud_backend::simulation {

namespace {

using std::chrono::seconds;

constexpr std::string_view layout = "{:<40} {:>7}  {:>13} {:>8}  {:>17} {:>10}  {:>10} {:>8}  {}\n";

std::string range(const std::string& least, const std::string& most) {
    return least == most ? least : fmt::format("{}..{}", least, most);
}

std::string range_of(std::span<const Result> results, double Result::*value, int digits) {
    const auto [least, most] = std::ranges::minmax(results, {}, value);
    return range(fmt::format("{:.{}f}", least.*value, digits),
                 fmt::format("{:.{}f}", most.*value, digits));
}

std::string count_of(const std::optional<seconds>& time) {
    return time ? fmt::to_string(time->count()) : "never";
}

std::string recovery_range(std::span<const Result> results) {
    const auto or_never = [](const Result& result) {
        return result.recovery.value_or(seconds::max());
    };
    const auto [least, most] = std::ranges::minmax(results, {}, or_never);
    const std::string unit = most.recovery ? " s" : "";
    return range(count_of(least.recovery), count_of(most.recovery)) + unit;
}

std::string asked(const RecoveryBound& bound) {
    if (const auto* limit = std::get_if<seconds>(&bound)) {
        return fmt::format("<= {} s", limit->count());
    }
    return std::holds_alternative<Never>(bound) ? "never" : "";
}

}  // namespace

std::string table_heading() {
    return fmt::format(layout, "", "clients", "amplification", "asked", "success", "asked",
                       "recovery", "asked", "") +
           std::string(124, '-') + '\n';
}

std::string table_row(const Scenario& scenario, std::span<const Result> results) {
    const Bounds& bounds = scenario.bounds;
    const bool all_within =
        std::ranges::all_of(results, [&](const Result& result) { return within(bounds, result); });
    return fmt::format(
        layout, scenario.name, scenario.clients, range_of(results, &Result::amplification, 2),
        std::isfinite(bounds.max_amplification) ? fmt::format("<= {:.2f}", bounds.max_amplification)
                                                : "",
        range_of(results, &Result::success, 4),
        bounds.min_success > 0 ? fmt::format(">= {:.4f}", bounds.min_success) : "",
        recovery_range(results), asked(bounds.recovery), all_within ? "ok" : "MISSED");
}

}  // namespace cloud_backend::simulation
