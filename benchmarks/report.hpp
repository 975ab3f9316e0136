#pragma once

#include "contestant.hpp"
#include "load_server.hpp"
#include "race.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::benchmarks {

/// At most so many times the cost of another.
struct Bar {
    std::string contestant;
    std::string other;
    double ratio;
};

struct Case {
    std::string title;
    std::string_view unit;
    double units;                 ///< In one run of all calls.
    std::size_t connections = 1;  ///< That each contestant is to make.
    Race race;
    std::vector<Bar> bars{};
};

/// Runs comparisons, prints what was measured, and remembers whether a bar was missed.
class Report {
public:
    /// Only those are run whose title contains `filter`.
    Report(const LoadServer& server, std::size_t rounds, std::string filter);

    void costs(const Case& given);
    /// How much later than raw libcurl the first chunk is there.
    void first_chunk();
    /// Longer streams must not cost more per chunk, nor allocate for each.
    void growth();
    /// What many streams at once take of memory and threads. To be measured before this process
    /// has threads.
    void footprint(const Race& race);
    /// How long each chunk takes from the server's write to the callback.
    void lag(Race race);

    [[nodiscard]] bool within_bars() const noexcept { return within_bars_; }

private:
    [[nodiscard]] bool is_wanted(std::string_view title) const;
    void check(double value, double most, const std::string& unit);
    void check_connections(std::size_t made, std::size_t wanted);

    const LoadServer& server_;
    std::size_t rounds_;
    std::string filter_;
    bool within_bars_ = true;
};

}  // namespace cloud_backend::benchmarks
