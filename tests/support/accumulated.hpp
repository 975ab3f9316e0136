#pragma once

#include "chat/chunk_decoder.hpp"

#include <cloud_backend/chat_accumulator.hpp>
#include <cloud_backend/sse_parser.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What chunks amount to, given as servers write them.
namespace cloud_backend::test {

/// Throws unless it is a chunk.
inline ChatChunk decode(std::string json) {
    static detail::ChunkDecoder decoder(256);
    const std::size_t size = json.size();
    json.append(SseParser::padding, '\0');
    ChatChunk chunk;
    const auto result = decoder.decode(std::string_view(json).substr(0, size), chunk);
    return *std::get<const ChatChunk*>(result);
}

inline ChatCompletion accumulate(const std::vector<std::string>& chunks) {
    ChatAccumulator accumulator;
    for (const auto& chunk : chunks) accumulator.add(decode(chunk));
    return accumulator.completion();
}

/// Chunks of one choice, by their deltas.
inline ChatCompletion accumulate_deltas(const std::vector<std::string>& deltas) {
    std::vector<std::string> chunks;
    for (const auto& delta : deltas) {
        chunks.push_back(R"({"choices":[{"index":0,"delta":)" + delta + "}]}");
    }
    return accumulate(chunks);
}

}  // namespace cloud_backend::test
