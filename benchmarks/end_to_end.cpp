// The library against libcurl alone, through loopback sockets, with a server in a process of its
// own: what is asked of it (the bars), and what was measured.
#include "footprint.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace cloud_backend::benchmarks;

const std::string split = raw_libcurl_with_line_split().name;
const std::string dom = raw_libcurl_with_dom().name;
const std::string raw = raw_libcurl().name;
const std::string library = synchronous_library().name;

Case one_stream(std::size_t coalesced, std::vector<Bar> bars) {
    constexpr std::size_t chunks = 100'000;
    return {
        .title = fmt::format("one stream of 100,000 chunks, {} in each chunk of HTTP", coalesced),
        .unit = "chunk",
        .units = chunks,
        .race = {.answer = {.chunks = chunks, .coalesced = coalesced},
                 .contestants = {raw_libcurl(), raw_libcurl_with_large_buffer(),
                                 raw_libcurl_with_line_split(), raw_libcurl_with_dom(),
                                 synchronous_library(), pulled_library(), asynchronous_library()}},
        .bars = std::move(bars)};
}

Case streams_in_sequence() {
    constexpr std::size_t streams = 200;
    return {.title = "200 streams of 100 chunks, one after the other",
            .unit = "stream",
            .units = streams,
            .race = {.answer = {.chunks = 100, .coalesced = 50},
                     .calls = streams,
                     .contestants = {raw_libcurl(), raw_libcurl_with_large_buffer(),
                                     raw_libcurl_with_line_split(), synchronous_library(),
                                     pulled_library(), asynchronous_library()}},
            .bars = {{library, raw, 2.0}}};
}

/// Of which only those can take part that have many streams on one thread.
Race streams_at_once(std::size_t streams, std::size_t chunks_per_second) {
    return {.answer = {.chunks = 2 * chunks_per_second, .chunks_per_second = chunks_per_second},
            .calls = streams,
            .at_once = streams,
            .contestants = {raw_multi_socket(), asynchronous_library()}};
}

Case cost_at_once(std::size_t streams, std::size_t chunks_per_second, std::vector<Bar> bars) {
    const Race race = streams_at_once(streams, chunks_per_second);
    return {.title = fmt::format("{} streams at once, {} chunks per second each", streams,
                                 chunks_per_second),
            .unit = "chunk",
            .units = static_cast<double>(streams * race.answer.chunks),
            .connections = streams,
            .race = race,
            .bars = std::move(bars)};
}

Case plain_calls(std::size_t body_bytes, double most) {
    constexpr std::size_t calls = 200;
    return {.title = fmt::format("plain calls, answers of {} bytes", body_bytes),
            .unit = "call",
            .units = calls,
            .race = {.answer = {.body_bytes = body_bytes},
                     .calls = calls,
                     .contestants = {raw_libcurl(), raw_libcurl_with_large_buffer(),
                                     synchronous_library(), asynchronous_library()}},
            .bars = {{library, raw, most}}};
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t rounds = 7;
    CLI::App app("Measures what the library costs on top of libcurl.");
    app.add_option("--rounds", rounds, "Of each comparison; medians are printed")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    std::string filter;
    app.add_option("--case", filter, "Only those whose title contains this");
    CLI11_PARSE(app, argc, argv);

    allow_many_descriptors();
    const LoadServer server;
    Report report(server, rounds, filter);
    report.footprint(streams_at_once(1'000, 50));  // Each in a process of its own.
    report.growth();                               // Before the others have shaped the heap.
    report.costs(one_stream(50, {{library, split, 4.0}, {library, dom, 0.2}}));
    report.costs(one_stream(1, {}));
    report.costs(streams_in_sequence());
    report.costs(plain_calls(1'000, 1.4));
    report.costs(plain_calls(100'000, 3.5));
    report.costs(
        cost_at_once(1'000, 50, {{asynchronous_library().name, raw_multi_socket().name, 1.2}}));
    report.costs(cost_at_once(4'000, 10, {}));
    report.lag(streams_at_once(1'000, 50));
    report.first_chunk();
    return report.within_bars() ? EXIT_SUCCESS : EXIT_FAILURE;
}
