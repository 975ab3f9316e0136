#pragma once

#include "simulated_transport.hpp"

#include <cloud_backend/clock.hpp>

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace cloud_backend::simulation {

enum class Delivery { whole, streamed };

/// Whose health of an endpoint the clients go by.
enum class HealthOwner { each_client, all_clients };

struct FailoverBounds {
    double min_answered = 0.999;
    Duration max_added = std::chrono::milliseconds(1);
    double max_probes = 1;
    /// `reset_timeout` and its 10 %.
    Duration max_return = std::chrono::seconds(33);
};

/// Clients whose router has two backends, of which some are ill from `trouble_begins` on.
struct FailoverScenario {
    std::string name{};
    std::optional<Outage> first{};
    std::optional<Outage> second{};
    HealthOwner health = HealthOwner::each_client;
    std::chrono::seconds trouble_time{120};
    FailoverBounds bounds{};
};

constexpr std::size_t failover_clients = 20;
constexpr double failover_load = 20;  // Calls per second of all clients together.
constexpr std::chrono::seconds trouble_begins{60};
constexpr std::chrono::seconds time_after_trouble{120};

[[nodiscard]] std::vector<FailoverScenario> failover_scenarios();

}  // namespace cloud_backend::simulation
