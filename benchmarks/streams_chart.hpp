#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cloud_backend::benchmarks {

/// What so many streams at once took.
struct StreamsPoint {
    std::size_t streams = 0;
    double cpu_per_chunk = 0;  ///< Microseconds.
    double megabytes = 0;      ///< Resident, in all.
};

struct StreamsCurve {
    std::string name;
    std::vector<StreamsPoint> points{};
};

/// An SVG picture: processor time and memory against the number of streams, all on logarithmic
/// scales.
[[nodiscard]] std::string draw_streams(const std::vector<StreamsCurve>& curves);

}  // namespace cloud_backend::benchmarks
