// Reads as many chunks of a stream as its argument says: split, decoded, put together, delivered.
// What one of them takes, check_chunk_instructions.cmake finds out from outside.
#include "../../benchmarks/typical_answer.hpp"
#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

using namespace cloud_backend;

namespace {

constexpr std::size_t piece_bytes = std::size_t{16} << 10;  // As libcurl gives them.
constexpr std::size_t most_chunks = 4'000;                  // So that making them costs alike.
constexpr std::size_t max_json_depth = 256;

/// How many chunks were delivered.
std::size_t read(std::string_view stream) {
    std::size_t chunks = 0;
    const ChunkCallback count(
        [&](const ChatChunk& chunk) { chunks += chunk.content().empty() ? 0U : 1U; });
    detail::ChatStreamReader reader(count, {},
                                    std::make_unique<detail::ChunkDecoder>(max_json_depth));
    reader.begin({.status = 200});
    while (!stream.empty()) {
        const auto piece = stream.substr(0, piece_bytes);
        (void)reader.on_body(piece);
        stream.remove_prefix(piece.size());
    }
    return chunks;
}

}  // namespace

int main(int argc, char** argv) {
    const auto chunks = argc > 1 ? static_cast<std::size_t>(std::atoi(argv[1])) : most_chunks;
    const std::string stream = benchmarks::typical_stream(most_chunks);
    const auto wanted = std::string_view(stream).substr(0, chunks * benchmarks::event_bytes);
    return read(wanted) == std::min(chunks, most_chunks) ? EXIT_SUCCESS : EXIT_FAILURE;
}
