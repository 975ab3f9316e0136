#include "report.hpp"

#include "footprint.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace cloud_backend::benchmarks {

Report::Report(const LoadServer& server, std::size_t rounds, std::string filter)
    : server_(server), rounds_(rounds), filter_(std::move(filter)) {}

void Report::costs(const Case& given) {
    if (!is_wanted(given.title)) return;
    const auto connections = server_.connections();
    const auto performances = given.race.run(server_, rounds_);
    fmt::print("\n{}\n  {:<34}{:>10}  us of CPU per {}\n", given.title, "", "", given.unit);
    for (const Performance& performance : performances) {
        fmt::print("  {:<34}{:>10.3f}", performance.name,
                   median(performance.costs) / given.units / 1'000);
        for (const Bar& bar : given.bars) {
            if (bar.contestant != performance.name) continue;
            check(cost_ratio(performance, find(performances, bar.other)), bar.ratio,
                  "x " + bar.other);
        }
        fmt::print("\n");
    }
    check_connections(server_.connections() - connections, given.connections * performances.size());
    std::fflush(stdout);
}

void Report::first_chunk() {
    if (!is_wanted("first chunk")) return;
    const Race race{.answer = {.chunks = 20, .chunks_per_second = 1'000},
                    .calls = 20,
                    .contestants = {raw_libcurl(), synchronous_library()}};
    const auto performances = race.run(server_, rounds_);
    const double floor = median(performances.front().delays) / 1'000;
    const double delay = median(performances.back().delays) / 1'000;
    fmt::print(
        "\nfrom the server's write of the first chunk to the callback, us: {} {:.1f}, {} "
        "{:.1f}",
        performances.front().name, floor, performances.back().name, delay);
    check(delay - floor, 100, "us more");
    fmt::print("\n");
}

void Report::growth() {
    if (!is_wanted("growth")) return;
    constexpr double shorter = 2'000;
    constexpr double longer = 20'000;
    const auto race = [&](double chunks, std::size_t calls) {
        const Answer answer{.chunks = static_cast<std::size_t>(chunks), .coalesced = 50};
        return Race{.answer = answer, .calls = calls, .contestants = {synchronous_library()}};
    };
    std::vector<double> ratios;
    Performance few;
    Performance many;
    for (std::size_t round = 0; round < 3 * rounds_; ++round) {
        few = race(shorter, 10).run(server_, 1).front();
        many = race(longer, 1).run(server_, 1).front();
        ratios.push_back(cost_ratio(many, few));
    }
    fmt::print("\ngrowth: cost per chunk of a stream of 20,000 chunks against one of 2,000");
    check(median(ratios), 1.1, "x");
    const double allocations = (many.allocations - few.allocations / 10) / (longer - shorter);
    fmt::print("\ngrowth: allocations per chunk that a longer stream adds");
    check(allocations, 0.001, "");
    fmt::print("\n");
}

void Report::footprint(const Race& race) {
    if (!is_wanted("footprint")) return;
    fmt::print("\nfootprint of {} streams at once\n", race.at_once);
    double floor = 0;
    for (const Contestant& contestant : race.contestants) {
        const Footprint footprint = footprint_of(contestant, race.load(server_));
        const double per_stream = static_cast<double>(footprint.resident_bytes) /
                                  static_cast<double>(race.at_once) / 1'000;
        fmt::print("  {:<34}{:>10.1f}  KB per stream, {} threads", contestant.name, per_stream,
                   footprint.threads);
        if (floor == 0) {
            floor = per_stream;
        } else {
            check(per_stream / floor, 1.5, "x " + race.contestants.front().name);
            check(static_cast<double>(footprint.threads), 2, "threads");
        }
        fmt::print("\n");
    }
}

void Report::lag(Race race) {
    if (!is_wanted("lag")) return;
    race.timed = Timed::every_chunk;
    fmt::print("\nlag of {} streams at once, from the server's write to the callback, us\n",
               race.at_once);
    for (const Performance& performance : race.run(server_, rounds_)) {
        const double middle = median(performance.delays) / 1'000;
        fmt::print("  {:<34}{:>10.1f}", performance.name, middle);
        if (performance.name != race.contestants.front().name) check(middle, 250, "");
        fmt::print("\n");
    }
    std::fflush(stdout);
}

bool Report::is_wanted(std::string_view title) const {
    return title.find(filter_) != std::string_view::npos;
}

void Report::check(double value, double most, const std::string& unit) {
    fmt::print("  {:.3g} {} (bar {}){}", value, unit, most, value <= most ? "" : " MISSED");
    within_bars_ = within_bars_ && value <= most;
}

void Report::check_connections(std::size_t made, std::size_t wanted) {
    if (made == wanted) return;
    fmt::print("  {} connections in place of {} MISSED\n", made, wanted);
    within_bars_ = false;
}

}  // namespace cloud_backend::benchmarks
