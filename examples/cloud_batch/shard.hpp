#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cloud_batch {

/// The part of the input's lines that a run asks, one of `count`.
struct Shard {
    std::uint64_t index = 0;
    std::uint64_t count = 1;

    /// Of "1/4"; empty when that is none.
    [[nodiscard]] static std::optional<Shard> parse(std::string_view text);

    /// Lines count from 1; the first belongs to shard 0.
    [[nodiscard]] bool holds(std::uint64_t line) const noexcept {
        return (line - 1) % count == index;
    }
    /// For names of files: ".1-of-4", nothing of a whole.
    [[nodiscard]] std::string suffix() const;
};

}  // namespace cloud_batch
