#pragma once

#include "../support/fault.hpp"
#include "../support/observed_call.hpp"

#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <optional>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>

// What the cells of a fault matrix state, and how they are printed.
namespace cloud_backend::test {

/// The outcomes recorded with the breaker: one for each attempt (SPEC B2).
struct BreakerChange {
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    std::uint64_t neutral = 0;

    [[nodiscard]] std::uint64_t attempts() const { return successes + failures + neutral; }

    friend bool operator==(const BreakerChange&, const BreakerChange&) = default;
    friend BreakerChange operator-(const BreakerChange& after, const BreakerChange& before) {
        return {after.successes - before.successes, after.failures - before.failures,
                after.neutral - before.neutral};
    }
};

inline constexpr BreakerChange succeeds{.successes = 1};
inline constexpr BreakerChange succeeds_after_failure{.successes = 1, .failures = 1};
inline constexpr BreakerChange fails{.failures = 1};
inline constexpr BreakerChange fails_twice{.failures = 2};
inline constexpr BreakerChange neutral{.neutral = 1};

inline std::string text_of(const BreakerChange& change) {
    std::ostringstream text;
    const auto print = [&](std::string_view name, std::uint64_t count) {
        if (count > 0) text << name << " +" << count << ' ';
    };
    print("successes", change.successes);
    print("failures", change.failures);
    print("neutral", change.neutral);
    return text.str();
}

/// What a call did.
struct Cell {
    Ending ending{};
    std::size_t posts = 0;  ///< That the server saw.
    BreakerChange breaker{};
    std::size_t chunks = 0;  ///< That were delivered.

    friend bool operator==(const Cell&, const Cell&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Cell& cell) {
        return out << std::left << std::setw(25) << name_of(cell.ending) << std::setw(7)
                   << cell.posts << std::setw(26) << text_of(cell.breaker) << std::setw(6)
                   << cell.chunks;
    }
};

enum class Connection { fresh, reused };

inline constexpr std::nullopt_t impossible = std::nullopt;

/// One fault in one mode; a connection on which it is impossible has no cell.
struct Row {
    Fault fault{};
    Mode mode{};
    std::optional<Cell> fresh{};
    std::optional<Cell> reused{};
};

/// What SPEC says of each fault over a protocol, the fault staying, with one retry allowed: two
/// failures mean that the library would have tried on.
[[nodiscard]] std::span<const Row> http1_rows();
[[nodiscard]] std::span<const Row> http2_rows();

/// The coordinates of a cell.
struct Position {
    Fault fault{};
    Mode mode{};
    Connection connection{};

    friend std::ostream& operator<<(std::ostream& out, const Position& position) {
        return out << std::left << std::setw(26) << name_of(position.fault) << std::setw(10)
                   << (position.mode == Mode::plain ? "plain" : "streamed") << std::setw(8)
                   << (position.connection == Connection::fresh ? "fresh" : "reused");
    }
};

inline constexpr std::string_view matrix_heading =
    "fault                     mode      conn.   ending                   POSTs  "
    "breaker                   chunks    ms";

}  // namespace cloud_backend::test
