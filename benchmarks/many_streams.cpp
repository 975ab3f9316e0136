// What 1, 10, 100, 1,000 and 4,000 streams at once take of the processor and of memory, in the
// library and with libcurl alone.
#include "footprint.hpp"
#include "race.hpp"
#include "streams_chart.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace cloud_backend::benchmarks;

constexpr std::size_t chunks = 30;
constexpr std::size_t chunks_per_second = 10;

Race race_of(std::size_t streams) {
    return {.answer = {.chunks = chunks, .chunks_per_second = chunks_per_second},
            .calls = streams,
            .at_once = streams,
            .contestants = {raw_multi_socket(), asynchronous_library()}};
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t rounds = 5;
    std::string picture;
    CLI::App app("Measures what many streams at once take.");
    app.add_option("--rounds", rounds, "Of each comparison; medians are printed")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--svg", picture, "Also draw them, into this file");
    CLI11_PARSE(app, argc, argv);

    allow_many_descriptors();
    const LoadServer server;
    const std::vector<std::size_t> counts{1, 10, 100, 1'000, 4'000};
    std::vector<StreamsCurve> curves;
    for (const Contestant& contestant : race_of(1).contestants) {
        curves.push_back({.name = contestant.name});
        for (const std::size_t streams : counts) {  // While this process has one thread.
            const auto footprint = footprint_of(contestant, race_of(streams).load(server));
            curves.back().points.push_back(
                {.streams = streams,
                 .megabytes = static_cast<double>(footprint.resident_bytes) / 1e6});
        }
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto performances = race_of(counts[i]).run(server, rounds);
        for (std::size_t who = 0; who < curves.size(); ++who) {
            StreamsPoint& point = curves[who].points[i];
            point.cpu_per_chunk =
                median(performances[who].costs) / static_cast<double>(counts[i] * chunks) / 1'000;
            fmt::print("{:>6} streams  {:<30}{:>8.2f} us of CPU per chunk{:>8.1f} MB\n", counts[i],
                       curves[who].name, point.cpu_per_chunk, point.megabytes);
        }
        std::fflush(stdout);
    }
    if (!picture.empty()) std::ofstream(picture) << draw_streams(curves);
    return 0;
}
