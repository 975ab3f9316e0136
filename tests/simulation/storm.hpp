#pragma once

#include "scenario.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace cloud_backend::simulation {

/// All is well for so long before the trouble begins.
constexpr std::chrono::seconds warm_up{30};

/// What happened in one second.
struct Second {
    int calls = 0;      ///< Made.
    int succeeded = 0;  ///< Of these calls, sooner or later.
    int requests = 0;   ///< Sent, of whatever calls.
    bool operator==(const Second&) const = default;
};

using Timeline = std::vector<Second>;

/// Runs a scenario on virtual time, each call to its end.
[[nodiscard]] Timeline run_storm(const Scenario& scenario, std::uint64_t seed);

struct Result {
    double amplification = 0;  ///< Requests sent in the time of trouble / calls made in it.
    double success = 0;        ///< Share of the calls made in it that succeeded.
    /// Seconds from the end of the trouble until 99 % of the calls succeed, and go on doing so,
    /// whatever ten seconds are looked at. Empty: that did not come.
    std::optional<std::chrono::seconds> recovery{};
};

[[nodiscard]] Result measure(const Scenario& scenario, const Timeline& timeline);

/// The result keeps to the bounds.
[[nodiscard]] bool within(const Bounds& bounds, const Result& result);

}  // namespace cloud_backend::simulation
