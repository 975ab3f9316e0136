#pragma once

#include <chrono>
#include <ctime>

namespace cloud_backend::benchmarks {

/// What all threads of this process have used of processors, in user and system mode.
[[nodiscard]] inline std::chrono::nanoseconds process_cost() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace cloud_backend::benchmarks
