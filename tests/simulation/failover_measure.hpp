#pragma once

#include "failover.hpp"
#include "failover_scenario.hpp"

#include <cloud_backend/clock.hpp>

#include <cstddef>
#include <optional>

namespace cloud_backend::simulation {

struct FailoverResult {
    std::size_t calls = 0;
    double answered = 0;  ///< Share of the calls.
    /// What calls that had to pass by an unavailable backend took, less what calls straight to the
    /// well one took: the median of the ones less the median of the others, and so the 99th
    /// percentile. Empty: there were none.
    std::optional<Duration> added_median{};
    std::optional<Duration> added_p99{};
    Duration slowest{};
    std::size_t requests_to_the_ill = 0;
    /// In the time of trouble, for each `reset_timeout` of it: of the health that sent most.
    double probes = 0;
    Duration shortest_probe_gap = Duration::max();  ///< Between two of one health.
    /// From the end of the trouble to the last call that a client made in vain, or elsewhere,
    /// before the first backend answered it again.
    Duration returned_after{};
    std::size_t not_answered_once = 0;  ///< Twice, in part, or by two backends.
    std::size_t misreported = 0;        ///< Calls whose attempts are not their requests.
};

[[nodiscard]] FailoverResult measure(const FailoverScenario& scenario, const FailoverRun& run);

/// The worse of each number: results of the same scenario.
[[nodiscard]] FailoverResult worst_of(const FailoverResult& a, const FailoverResult& b);

[[nodiscard]] bool within(const FailoverBounds& bounds, const FailoverResult& result);

}  // namespace cloud_backend::simulation
