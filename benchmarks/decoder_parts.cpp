// What becomes of one chunk behind the parser, and what a general JSON library costs for it.
#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"
#include "typical_answer.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace cloud_backend::benchmarks {
namespace {

constexpr std::size_t max_json_depth = 256;
constexpr std::size_t chunks_per_piece = 50;

/// The data of an event, as the parser hands it over.
class PaddedData {
public:
    [[nodiscard]] std::string_view view() const {
        return std::string_view(text_).substr(0, text_.size() - SseParser::padding);
    }

private:
    static std::string data_of(std::string_view event) {
        constexpr std::string_view field = "data: ";
        event.remove_prefix(field.size());
        event.remove_suffix(2);
        return std::string(event) + std::string(SseParser::padding, ' ');
    }

    std::string text_ = data_of(typical_event());
};

void decode_chunk(benchmark::State& state) {
    const PaddedData data;
    detail::ChunkDecoder decoder(max_json_depth);
    ChatChunk chunk;
    for (auto _ : state) {
        auto decoded = decoder.decode(data.view(), chunk);
        if (!std::holds_alternative<const ChatChunk*>(decoded)) state.SkipWithError("no chunk");
    }
}
BENCHMARK(decode_chunk);

void parse_chunk_with_nlohmann(benchmark::State& state) {
    const PaddedData data;
    for (auto _ : state) {
        auto json = nlohmann::json::parse(data.view());
        benchmark::DoNotOptimize(json);
    }
}
BENCHMARK(parse_chunk_with_nlohmann);

/// Per chunk: split, decoded, put together and delivered.
void read_stream(benchmark::State& state) {
    const std::string piece = typical_stream(chunks_per_piece);
    std::size_t chunks = 0;
    const ChunkCallback count([&](const ChatChunk& chunk) {
        benchmark::DoNotOptimize(chunk.content().data());
        ++chunks;
    });
    detail::StreamReaderOptions options;
    options.limits.response_body = SIZE_MAX;
    detail::ChatStreamReader reader(count, options,
                                    std::make_unique<detail::ChunkDecoder>(max_json_depth));
    constexpr std::size_t pieces_per_answer = 1'000;
    std::size_t pieces = 0;
    for (auto _ : state) {
        if (pieces++ % pieces_per_answer == 0) reader.begin({.status = 200});
        const auto reading = reader.on_body(piece);
        if (!std::holds_alternative<NeedMore>(reading)) state.SkipWithError("the stream failed");
    }
    if (chunks != pieces * chunks_per_piece) state.SkipWithError("chunks lost");
    state.SetItemsProcessed(static_cast<std::int64_t>(chunks));
    using benchmark::Counter;
    state.counters["per_chunk"] =
        Counter(static_cast<double>(chunks), Counter::kIsRate | Counter::kInvert);
}
BENCHMARK(read_stream);

}  // namespace
}  // namespace cloud_backend::benchmarks
