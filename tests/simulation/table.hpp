#pragma once

#include "scenario.hpp"
#include "storm.hpp"

#include <span>
#include <string>

namespace cloud_backend::simulation {

/// Two lines.
[[nodiscard]] std::string table_heading();

/// One line: the least and the most that the runs of a scenario came to, and what it may be.
/// `results` is not empty.
[[nodiscard]] std::string table_row(const Scenario& scenario, std::span<const Result> results);

}  // namespace cloud_backend::simulation
