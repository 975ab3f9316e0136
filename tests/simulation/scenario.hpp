#pragma once

#include "server.hpp"
#include "simulated_call.hpp"

#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace cloud_backend::simulation {

/// No bound on the time until calls succeed again.
struct Unbounded {};
struct Never {};
using RecoveryBound = std::variant<Unbounded, std::chrono::seconds, Never>;

struct Bounds {
    double max_amplification = std::numeric_limits<double>::infinity();
    double min_success = 0;
    RecoveryBound recovery{};
};

/// What becomes of a call that is due while its client has one in progress.
enum class Concurrency {
    any,  ///< It is made: a client is a program with many users, who know nothing of each other.
    one_call,  ///< It is not made: a client is one user, who waits.
};

/// A server that is in trouble for a time, and clients that go on calling it.
struct Scenario {
    std::string name{};
    std::size_t clients = 100;
    double load = 70;  ///< Calls per second of all clients together.
    Concurrency concurrency = Concurrency::any;
    Policy policy{};
    ServerOptions server{};
    Condition trouble{};
    std::chrono::seconds trouble_time{60};
    std::chrono::seconds time_after{120};
    Bounds bounds{};
};

/// The table of SPEC 6, and what retrying without breaker and budget does in the same storms.
[[nodiscard]] std::vector<Scenario> scenarios();

/// Retries whatever fails, as often as it may, with nothing to hold it back.
[[nodiscard]] Policy naive_policy();

}  // namespace cloud_backend::simulation
