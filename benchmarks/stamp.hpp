#pragma once

#include "typical_answer.hpp"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace cloud_backend::benchmarks {

/// The time something was written, as `stamp_bytes`: the monotonic clock is the same in
/// all processes of a machine.
[[nodiscard]] inline std::string stamp_now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const std::string digits = std::to_string(std::chrono::nanoseconds(now).count());
    return std::string(stamp_bytes - digits.size(), '0') + digits;
}

[[nodiscard]] inline std::chrono::nanoseconds time_since(std::string_view stamp) {
    std::chrono::nanoseconds::rep written = 0;
    std::from_chars(stamp.data(), stamp.data() + stamp.size(), written);
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::nanoseconds(now) - std::chrono::nanoseconds(written);
}

}  // namespace cloud_backend::benchmarks
