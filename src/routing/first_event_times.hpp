#pragma once

#include <cloud_backend/clock.hpp>

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>

namespace cloud_backend::detail {

/// How long a backend took, of late, to give something. Thread-safe.
class FirstEventTimes {
public:
    static constexpr std::size_t fewest = 20;  ///< Fewer say nothing of the slowest twentieth.
    static constexpr std::size_t most = 100;   ///< The oldest goes.

    void add(Duration time);
    /// The time within which 95 % of them were.
    [[nodiscard]] std::optional<Duration> p95() const;

private:
    mutable std::mutex mutex_{};
    std::array<Duration, most> times_{};
    std::size_t count_ = 0;  ///< Of all there ever were.
};

}  // namespace cloud_backend::detail
