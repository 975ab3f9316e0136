#include "../support/anthropic_events.hpp"
#include "allocation_count.hpp"
#include "chat/anthropic_decoder.hpp"
#include "chat/chunk_decoder.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cloud_backend::detail {
namespace {

namespace anthropic = test::anthropic;

const std::string long_text(100, 'x');
constexpr std::size_t rounds = 1'000;

/// Reads the events in turn, and counts the allocations of the later half.
std::size_t allocations_of(AnswerFormat& format, std::vector<std::string> events) {
    for (std::string& event : events) event.append(SseParser::padding, ' ');
    ChatChunk chunk;
    std::size_t before = 0;
    for (std::size_t round = 0; round < 2 * rounds; ++round) {
        if (round == rounds) before = test::allocation_count();
        for (const std::string& event : events) {
            const auto decoded = format.decode(
                std::string_view(event).substr(0, event.size() - SseParser::padding), chunk);
            EXPECT_TRUE(std::holds_alternative<const ChatChunk*>(decoded));
            format.commit();
        }
    }
    return test::allocation_count() - before;
}

TEST(DecoderAllocations, NoneForAChunkInSteadyState) {
    ChunkDecoder decoder(256);
    const std::string chunk = R"({"choices":[{"delta":{"content":")" + long_text + R"(","new":")" +
                              long_text + R"(","tool_calls":[{"id":")" + long_text + R"("}]}}]})";
    EXPECT_EQ(allocations_of(decoder, {chunk}), 0U);
}

TEST(DecoderAllocations, OnlyTheKeptContentOfAnthropicGrows) {
    AnthropicDecoder decoder(256);
    for (const std::string& start :
         {anthropic::text_start(0),
          anthropic::block_start(1, R"({"type":"tool_use","id":"a","name":"f"})")}) {
        const std::string event = start + std::string(SseParser::padding, ' ');
        ChatChunk chunk;
        (void)decoder.decode(std::string_view(event).substr(0, start.size()), chunk);
        decoder.commit();
    }
    constexpr std::size_t doublings = 4;  // Of a text and of arguments that double their length.
    EXPECT_LE(allocations_of(decoder, {anthropic::text_delta(long_text),
                                       anthropic::block_delta(
                                           1, R"({"type":"input_json_delta","partial_json":")" +
                                                  long_text + "\"}")}),
              doublings);
}

}  // namespace
}  // namespace cloud_backend::detail
