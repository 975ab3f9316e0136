#pragma once

#include "contestant.hpp"

#include <cstddef>

namespace cloud_backend::benchmarks {

/// What a load takes of a process that makes nothing else.
struct Footprint {
    std::size_t resident_bytes = 0;  ///< By how much more memory was resident at the most.
    std::size_t threads = 0;         ///< At the most, the first one counted.
};

/// Measured in a process of its own, where no other contestant has shaped the heap. To be asked
/// before this process has threads. Throws `std::runtime_error` if a call fails.
[[nodiscard]] Footprint footprint_of(const Contestant& contestant, const Load& load);

/// Lets this process, and those it starts, have as many descriptors as the system lets it.
void allow_many_descriptors();

}  // namespace cloud_backend::benchmarks
