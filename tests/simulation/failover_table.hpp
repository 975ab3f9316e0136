#pragma once

#include "failover.hpp"
#include "failover_measure.hpp"
#include "failover_scenario.hpp"

#include <string>

namespace cloud_backend::simulation {

/// Two lines.
[[nodiscard]] std::string failover_heading();

/// One line.
[[nodiscard]] std::string failover_row(const FailoverScenario& scenario, Delivery delivery,
                                       const FailoverResult& result);

}  // namespace cloud_backend::simulation
