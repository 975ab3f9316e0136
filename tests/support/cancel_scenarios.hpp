#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace cloud_backend::test {

/// A phase of a call in which it can be cancelled.
struct CancelScenario {
    std::string name;
    /// Makes a call, cancels it from another thread once it is in its phase, and returns how long
    /// the call then took to end. Throws if it ended otherwise.
    std::chrono::nanoseconds (*run)();
};

/// Connect, name lookup, wait for headers, mid-stream and backoff (SPEC T1).
[[nodiscard]] std::vector<CancelScenario> cancel_scenarios();

}  // namespace cloud_backend::test
