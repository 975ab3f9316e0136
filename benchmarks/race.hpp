#pragma once

#include "contestant.hpp"
#include "load_server.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::benchmarks {

/// Middle of what was measured; `values` must not be empty.
[[nodiscard]] double median(std::vector<double> values);

/// What one contestant did in each round.
struct Performance {
    std::string name;
    std::vector<double> costs{};   ///< Nanoseconds of processor time, of all calls.
    std::vector<double> delays{};  ///< Nanoseconds, of all rounds.
    double allocations = 0;        ///< Calls of operator new, in the last round.
};

/// Contestants under the same load, in turn, so that what disturbs the machine disturbs them all.
struct Race {
    Answer answer{};
    std::size_t calls = 1;
    std::size_t at_once = 1;
    Timed timed = Timed::first_chunk;
    std::vector<Contestant> contestants{};

    [[nodiscard]] Load load(const LoadServer& server) const;
    /// One round before the first warms up. Throws `std::runtime_error` if a contestant was
    /// delivered anything else than was sent.
    [[nodiscard]] std::vector<Performance> run(const LoadServer& server, std::size_t rounds) const;

private:
    [[nodiscard]] Delivery sent() const;
};

/// The median over the rounds of how many times the cost of `of` is that of `to`.
[[nodiscard]] double cost_ratio(const Performance& of, const Performance& to);

/// Throws `std::out_of_range` when there is none.
[[nodiscard]] const Performance& find(const std::vector<Performance>& all, std::string_view name);

}  // namespace cloud_backend::benchmarks
