#pragma once

#include "failover_scenario.hpp"

#include <cloud_backend/clock.hpp>
#include <cloud_backend/options.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace cloud_backend::simulation {

/// Else the defaults of the library.
constexpr TimeoutOptions failover_timeouts{.connect = std::chrono::milliseconds(2'000),
                                           .first_byte = std::chrono::milliseconds(5'000),
                                           .idle = std::chrono::milliseconds(5'000)};

enum class Backend { first, second };

/// One call of a router, as its caller and the servers saw it.
struct RoutedCall {
    std::size_t client = 0;
    TimePoint made{};
    TimePoint done{};
    bool past_unavailable = false;  ///< A backend was unavailable when it was made.
    std::optional<Backend> answered_by{};
    /// What was delivered is what this backend says, once.
    bool intact = false;
    std::size_t attempts = 0;  ///< As the call told.
    std::size_t requests = 0;  ///< As the servers counted.
    std::size_t answers = 0;   ///< Whole ones that came back.
    bool operator==(const RoutedCall&) const = default;
};

/// A request that a circuit let through to see whether its backend is well again.
struct Probe {
    TimePoint at{};
    Backend backend{};
    std::size_t health = 0;  ///< Which of the healths of this backend; clients may have one.
    bool operator==(const Probe&) const = default;
};

struct FailoverRun {
    std::deque<RoutedCall> calls{};
    std::vector<Probe> probes{};
    std::size_t requests_to_the_ill = 0;
    /// What calls made in the time of trouble took that went straight to the backend that was well.
    std::vector<Duration> straight{};
};

/// Runs a scenario on virtual time, each call to its end.
[[nodiscard]] FailoverRun run_failover(const FailoverScenario& scenario, Delivery delivery,
                                       std::uint64_t seed);

}  // namespace cloud_backend::simulation
