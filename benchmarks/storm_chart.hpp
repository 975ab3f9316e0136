#pragma once

#include "scenario.hpp"
#include "storm.hpp"

#include <string>
#include <vector>

/// One run of a scenario.
struct StormRun {
    cloud_backend::simulation::Scenario scenario;
    cloud_backend::simulation::Timeline timeline;
};

/// An SVG picture: for each run a panel with what was called, sent and answered per second.
[[nodiscard]] std::string draw_storms(const std::vector<StormRun>& runs);
