// The parser of event streams alone, whatever the pieces its input comes in.
#include "typical_answer.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cloud_backend::benchmarks {
namespace {

constexpr std::int64_t whole = 0;

void parse_events(benchmark::State& state) {
    const std::string stream = typical_stream(static_cast<std::size_t>(state.range(0)));
    const std::size_t piece =
        state.range(1) == whole ? stream.size() : static_cast<std::size_t>(state.range(1));
    SseParser parser;
    for (auto _ : state) {
        std::size_t events = 0;
        for (std::string_view rest = stream; !rest.empty();) {
            const std::string_view bytes = rest.substr(0, piece);
            parser.feed(bytes, [&](const SseEvent& event) {
                benchmark::DoNotOptimize(event.data.data());
                ++events;
            });
            rest.remove_prefix(bytes.size());
        }
        if (events != static_cast<std::size_t>(state.range(0))) state.SkipWithError("events lost");
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}

// A size, and eight times as much: nine times the time at most (SPEC S3).
BENCHMARK(parse_events)
    ->ArgNames({"events", "piece"})
    ->ArgsProduct({{1'000, 8'000}, {1, 64, 16 << 10, whole}});

}  // namespace
}  // namespace cloud_backend::benchmarks
