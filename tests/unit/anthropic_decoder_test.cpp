#include "chat/anthropic_decoder.hpp"

#include "../support/anthropic_document.hpp"
#include "../support/anthropic_events.hpp"
#include "chat/chunk_decoder.hpp"
#include "chat/json_document.hpp"

#include <cloud_backend/chat_accumulator.hpp>
#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// What single events of Anthropic's streams mean.
namespace cloud_backend::detail {
namespace {

namespace anthropic = test::anthropic;
using test::read_document;

class AnthropicDecoderTest : public ::testing::Test {
protected:
    AnswerFormat::Event decode(std::string_view data) {
        padded_ = data;
        padded_.append(SseParser::padding, 'x');
        return decoder.decode(std::string_view(padded_).substr(0, data.size()), read_chunk);
    }
    /// The event belongs to the stream, whatever it says.
    void pass(std::string_view data) {
        (void)decode(data);
        decoder.commit();
    }
    const ChatChunk& chunk(std::string_view data) {
        const auto event = decode(data);
        decoder.commit();
        return *std::get<const ChatChunk*>(event);
    }
    const Delta& delta(std::string_view data) { return chunk(data).choices.at(0).delta; }
    ErrorDetails error(std::string_view data) { return std::get<ErrorDetails>(decode(data)); }
    bool is_silent(std::string_view data) { return std::holds_alternative<NoDelta>(decode(data)); }
    bool is_malformed(std::string_view data) {
        return std::holds_alternative<MalformedChunk>(decode(data));
    }

    AnthropicDecoder decoder{256};
    ChatChunk read_chunk{};  ///< That all events are read into.

private:
    std::string padded_{};
};

TEST_F(AnthropicDecoderTest, ReadsIntoAChunkThatHoldsWhatAnotherProtocolSaid) {
    pass(anthropic::message_start);
    pass(anthropic::text_start(0));
    const std::string json(
        R"({"id":"old","created":7,"model":"old","service_tier":"old","system_fingerprint":"old",)"
        R"("old":1,"usage":{"prompt_tokens":7},"choices":[{"index":0,"delta":{}},{"index":7,)"
        R"("finish_reason":"old","logprobs":{"old":1},"old":1,"delta":{"role":"tool",)"
        R"("content":[{"type":"image_url"}],"reasoning":"old","refusal":"old","audio":{"id":"old"},)"
        R"("annotations":[7],"old":1,"tool_calls":[{"index":7,"id":"old","type":"old","old":1,)"
        R"("function":{"name":"old","arguments":"old","old":1}}]}}]})");
    ChunkDecoder openai(256);
    (void)openai.decode(
        std::string_view(json + std::string(SseParser::padding, ' ')).substr(0, json.size()),
        read_chunk);
    ASSERT_EQ(read_chunk.choices.size(), 2U);
    std::swap(read_chunk.choices[0], read_chunk.choices[1]);

    const ChatChunk& read = chunk(anthropic::text_delta("new"));
    EXPECT_EQ(read.id + read.model + read.service_tier + read.system_fingerprint, "");
    EXPECT_EQ(read.created, 0);
    EXPECT_FALSE(read.usage);
    EXPECT_TRUE(read.extra.empty());
    ASSERT_EQ(read.choices.size(), 1U);
    const ChunkChoice& choice = read.choices[0];
    EXPECT_EQ(choice.index, 0);
    EXPECT_EQ(choice.finish_reason, "");
    EXPECT_TRUE(choice.logprobs.empty() && choice.extra.empty());
    EXPECT_FALSE(choice.delta.role);
    EXPECT_EQ(choice.delta.content, "new");
    EXPECT_EQ(choice.delta.reasoning + choice.delta.refusal, "");
    EXPECT_TRUE(choice.delta.parts.empty() && !choice.delta.audio &&
                choice.delta.tool_calls.empty());
    EXPECT_TRUE(choice.delta.annotations.empty() && choice.delta.extra.empty());

    pass(anthropic::block_start(1, R"({"type":"tool_use","id":"a","name":"f"})"));
    const ToolCallDelta& call = read_chunk.choices.at(0).delta.tool_calls.at(0);
    EXPECT_TRUE(call.function_extra.empty() && call.extra.empty());
    EXPECT_EQ(call.arguments, "");
}

// --- the message ---------------------------------------------------------------------------------

TEST_F(AnthropicDecoderTest, BeginsWithRoleIdModelAndUsage) {
    const ChatChunk& start = chunk(anthropic::message_start);
    EXPECT_EQ(start.id, "msg_1");
    EXPECT_EQ(start.model, "claude");
    EXPECT_EQ(start.service_tier, "standard");
    EXPECT_EQ(start.raw.text(), anthropic::message_start);
    EXPECT_TRUE(start.extra.empty());
    ASSERT_EQ(start.choices.size(), 1U);
    EXPECT_EQ(start.choices[0].delta.role, Role::assistant);
    EXPECT_EQ(start.content(), "");
    EXPECT_EQ(start.finish_reason(), "");
    ASSERT_TRUE(start.usage);
    EXPECT_EQ(start.usage->prompt_tokens, 17);
    EXPECT_EQ(start.usage->cached_tokens, 4);
    EXPECT_EQ(start.usage->completion_tokens, 1);
    EXPECT_EQ(start.usage->total_tokens, 18);
}

TEST_F(AnthropicDecoderTest, UsageIsCumulative) {
    pass(anthropic::message_start);
    const Usage first = chunk(anthropic::message_delta("end_turn", 5)).usage.value();
    EXPECT_EQ(first.prompt_tokens, 17) << "told at the start";
    EXPECT_EQ(first.completion_tokens, 5);
    EXPECT_EQ(first.total_tokens, 22);
    EXPECT_EQ(first.raw.text(), R"({"output_tokens":5})");
    const Usage second =
        chunk(
            R"({"type":"message_delta","delta":{},"usage":{"input_tokens":20,)"
            R"("cache_creation_input_tokens":null,"cache_read_input_tokens":0,"output_tokens":9}})")
            .usage.value();
    EXPECT_EQ(second.prompt_tokens, 23) << "null says nothing";
    EXPECT_EQ(second.cached_tokens, 0);
    EXPECT_EQ(second.completion_tokens, 9);
}

TEST_F(AnthropicDecoderTest, AddsUpWhateverCountsItIsTold) {
    const Usage most =
        chunk(R"({"type":"message_delta","usage":{"input_tokens":9223372036854775807,)"
              R"("cache_creation_input_tokens":9223372036854775807,)"
              R"("cache_read_input_tokens":9223372036854775807,)"
              R"("output_tokens":9223372036854775807}})")
            .usage.value();
    EXPECT_GT(most.total_tokens, most.prompt_tokens);
    const Usage least =
        chunk(R"({"type":"message_delta","usage":{"input_tokens":-9223372036854775808,)"
              R"("cache_read_input_tokens":-1,"output_tokens":-1,)"
              R"("cache_creation_input_tokens":-1}})")
            .usage.value();
    EXPECT_EQ(least.total_tokens, 0);
}

TEST_F(AnthropicDecoderTest, TellsWhyTheAnswerEndedInOpenAIsWords) {
    struct Case {
        std::string_view stop_reason;
        std::string_view finish_reason;
    };
    for (const auto& [stop_reason, finish_reason] : std::vector<Case>{
             {"end_turn", "stop"},
             {"stop_sequence", "stop"},
             {"max_tokens", "length"},
             {"model_context_window_exceeded", "length"},
             {"tool_use", "tool_calls"},
             {"refusal", "content_filter"},
             {"pause_turn", "pause_turn"},
             {"unheard_of", "unheard_of"},
         }) {
        EXPECT_EQ(chunk(anthropic::message_delta(stop_reason)).finish_reason(), finish_reason);
        EXPECT_EQ(read_document(R"({"type":"message","content":[],"stop_reason":")" +
                                std::string(stop_reason) + "\"}")
                      ->finish_reason(),
                  finish_reason);
    }
}

TEST_F(AnthropicDecoderTest, KeepsFieldsItDoesNotKnow) {  // A10
    EXPECT_EQ(chunk(R"({"type":"message_delta","delta":{"stop_reason":"stop_sequence",)"
                    R"("stop_sequence":"END"}})")
                  .extra.text(),
              R"({"stop_sequence":"END"})");
    EXPECT_EQ(
        chunk(R"({"type":"message_delta","delta":{},"context_management":{"x":1}})").extra.text(),
        R"({"context_management":{"x":1}})");
    EXPECT_EQ(chunk(R"({"type":"message_start","message":{"container":{"id":1}}})").extra.text(),
              R"({"container":{"id":1}})");
    EXPECT_EQ(
        read_document(R"({"type":"message","content":[],"stop_sequence":"END"})")->extra.text(),
        R"({"stop_sequence":"END"})");
}

TEST_F(AnthropicDecoderTest, EndsWithMessageStopOnceItHasToldWhy) {  // T4
    EXPECT_TRUE(is_silent(anthropic::message_stop));
    pass(anthropic::message_delta());
    EXPECT_TRUE(std::holds_alternative<Complete>(decode(anthropic::message_stop)));
}

// --- content blocks ------------------------------------------------------------------------------

TEST_F(AnthropicDecoderTest, ReadsText) {
    EXPECT_TRUE(is_silent(anthropic::text_start()));
    EXPECT_EQ(chunk(anthropic::text_delta("hi")).content(), "hi");
    EXPECT_EQ(chunk(anthropic::block_start(0, R"({"type":"text","text":"at once"})")).content(),
              "at once");
    EXPECT_TRUE(is_silent(anthropic::text_delta("")));
    EXPECT_TRUE(is_silent(anthropic::block_stop(0)));
}

TEST_F(AnthropicDecoderTest, NumbersToolCallsInOrderOfAppearance) {
    pass(anthropic::text_start(0));
    const auto tool = [](std::string_view id) {
        return R"({"type":"tool_use","id":")" + std::string(id) + R"(","name":"f","input":{}})";
    };
    const auto& first = delta(anthropic::block_start(1, tool("a"))).tool_calls;
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].index, 0);
    EXPECT_EQ(first[0].id, "a");
    EXPECT_EQ(first[0].name, "f");
    EXPECT_EQ(first[0].type, "function");
    EXPECT_EQ(first[0].arguments, "");
    EXPECT_EQ(delta(anthropic::block_start(4, tool("b"))).tool_calls.at(0).index, 1);

    const auto piece = [](int block) {
        return anthropic::block_delta(block,
                                      R"({"type":"input_json_delta","partial_json":"{\"x\""})");
    };
    const auto arguments = delta(piece(4)).tool_calls.at(0);
    EXPECT_EQ(arguments.index, 1);
    EXPECT_EQ(arguments.arguments, "{\"x\"");
    EXPECT_EQ(arguments.id, "") << "told once";
    EXPECT_EQ(delta(piece(1)).tool_calls.at(0).index, 0) << "whatever the order";
    EXPECT_TRUE(delta(anthropic::text_delta("x")).tool_calls.empty());
}

TEST_F(AnthropicDecoderTest, AToolCallWithoutArgumentsHasAnEmptyObject) {
    pass(anthropic::block_start(0, R"({"type":"tool_use","id":"a","name":"f","input":{}})"));
    pass(anthropic::block_delta(0, R"({"type":"input_json_delta","partial_json":""})"));
    const auto& last = delta(anthropic::block_stop(0)).tool_calls.at(0);
    EXPECT_EQ(last.index, 0);
    EXPECT_EQ(last.arguments, "{}");
}

TEST_F(AnthropicDecoderTest, InputThatComesAtOnceIsWholeWithItsBlock) {
    const std::string start =
        anthropic::block_start(0, R"({"type":"tool_use","name":"f","input":{"x":[1, 2]}})");
    EXPECT_EQ(delta(start).tool_calls.at(0).arguments, "");
    EXPECT_EQ(delta(anthropic::block_stop(0)).tool_calls.at(0).arguments, R"({"x":[1,2]})");
    EXPECT_TRUE(is_silent(anthropic::block_stop(0))) << "once";
}

TEST_F(AnthropicDecoderTest, PiecesReplaceTheInputOfTheStart) {
    for (const std::string_view input : {R"("")", R"({"x":1})", "null", "[1]"}) {
        pass(anthropic::block_start(
            0, R"({"type":"tool_use","name":"f","input":)" + std::string(input) + "}"));
        EXPECT_EQ(
            delta(anthropic::block_delta(0, R"({"type":"input_json_delta","partial_json":"{}"})"))
                .tool_calls.at(0)
                .arguments,
            "{}");
        EXPECT_TRUE(is_silent(anthropic::block_stop(0))) << input;
    }
}

TEST_F(AnthropicDecoderTest, TellsTheArgumentsOfBlocksThatDoNotEnd) {
    pass(anthropic::block_start(0, R"({"type":"tool_use","id":"a","name":"f"})"));
    pass(anthropic::block_start(0, R"({"type":"tool_use","id":"b","name":"g","input":{"x":1}})"));
    const auto calls = delta(anthropic::message_delta("tool_use")).tool_calls;
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].index, 0);
    EXPECT_EQ(calls[0].arguments, "{}");
    EXPECT_EQ(calls[1].index, 1);
    EXPECT_EQ(calls[1].arguments, R"({"x":1})");
    EXPECT_TRUE(is_silent(anthropic::block_stop(0))) << "once";
}

TEST_F(AnthropicDecoderTest, ReadsThinking) {
    pass(anthropic::block_start(0, R"({"type":"thinking","thinking":"","signature":""})"));
    EXPECT_EQ(chunk(anthropic::block_delta(0, R"({"type":"thinking_delta","thinking":"h\n"})"))
                  .reasoning(),
              "h\n");
    EXPECT_TRUE(
        is_silent(anthropic::block_delta(0, R"({"type":"signature_delta","signature":"a"})")));
    EXPECT_TRUE(is_silent(anthropic::block_stop(0)));
}

TEST_F(AnthropicDecoderTest, ReadsCitations) {
    EXPECT_EQ(delta(anthropic::block_delta(
                        0, R"({"type":"citations_delta","citation":{"cited_text":"x"}})"))
                  .annotations.text(),
              R"([{"cited_text":"x"}])");
}

TEST_F(AnthropicDecoderTest, PassesOverWhatItDoesNotKnow) {
    for (const std::string& data : {
             anthropic::ping,
             std::string(R"({"type":"news"})"),
             std::string("{}"),
             std::string(R"({"type":"message_delta","delta":{"stop_reason":null}})"),
             anthropic::block_delta(7, R"({"type":"signature_delta","signature":"x"})"),
             anthropic::block_delta(7, R"({"type":"input_json_delta","partial_json":"{}"})"),
             anthropic::block_stop(7),
         }) {
        EXPECT_TRUE(is_silent(data)) << data;
        decoder.commit();
    }
}

TEST_F(AnthropicDecoderTest, DeliversContentItDoesNotKnowAsItCame) {
    for (const std::string& data : {
             anthropic::block_start(0, R"({"type":"server_tool_use","name":"web_search"})"),
             anthropic::block_delta(0, R"({"type":"input_json_delta","partial_json":"{}"})"),
             anthropic::block_delta(0, R"({"type":"news_delta","text":"x"})"),
             anthropic::block_stop(0),
             anthropic::block_start(1, R"({"type":"web_search_tool_result","content":[]})"),
         }) {
        const ChatChunk& unknown = chunk(data);
        EXPECT_EQ(unknown.raw.text(), data);
        EXPECT_EQ(unknown.content(), "");
        EXPECT_TRUE(unknown.choices[0].delta.tool_calls.empty());
    }
}

TEST_F(AnthropicDecoderTest, FindsMalformedWhatIsNoEvent) {  // E5
    for (const std::string& data : {
             std::string(""),
             std::string("{"),
             std::string("[DONE]"),
             std::string("1"),
             std::string("[]"),
             std::string(R"({"type":"message_start"})"),
             std::string(R"({"type":"content_block_start","content_block":"x"})"),
             std::string(R"({"type":"content_block_delta","delta":null})"),
         }) {
        EXPECT_TRUE(is_malformed(data)) << data;
    }
}

TEST_F(AnthropicDecoderTest, NamesTheStatusOfAnError) {  // E1
    struct Case {
        std::string type;
        int status;
    };
    for (const auto& [type, status] : std::vector<Case>{
             {"invalid_request_error", 400},
             {"authentication_error", 401},
             {"billing_error", 402},
             {"permission_error", 403},
             {"not_found_error", 404},
             {"request_too_large", 413},
             {"rate_limit_error", 429},
             {"api_error", 500},
             {"timeout_error", 504},
             {"overloaded_error", 529},
             {"unheard_of_error", 0},
         }) {
        const auto details = error(R"({"type":"error","error":{"type":")" + type +
                                   R"(","message":"sorry"},"request_id":"req_1"})");
        EXPECT_EQ(details.code, ErrorCode::stream);
        EXPECT_EQ(details.api.status, status) << type;
        EXPECT_EQ(details.api.type, type);
        EXPECT_EQ(details.message, "sorry");
    }
    EXPECT_EQ(error(R"({"type":"error","message":"beside it"})").message, "beside it");
    EXPECT_EQ(error(R"({"type":"error"})").code, ErrorCode::stream);
    EXPECT_NE(error(R"({"type":"error","error":null})").message, "");
    EXPECT_EQ(error(R"({"error":{"message":"a proxy's"}})").message, "a proxy's");
    EXPECT_EQ(error(R"([{"error":{"message":"in a list"}}])").message, "in a list");
    EXPECT_TRUE(
        error(R"({"error":{"type":"invalid_request_error","message":"prompt is too long: 2 > 1"}})")
            .api.context_length_exceeded);
}

TEST_F(AnthropicDecoderTest, LimitsNestingAndBlocks) {  // T8
    EXPECT_EQ(error(std::string(257, '[') + '1' + std::string(257, ']')).code,
              ErrorCode::limit_exceeded);
    const int most = static_cast<int>(ChatAccumulator::max_parts);
    for (int i = 0; i < most; ++i) pass(anthropic::text_start(i));
    EXPECT_EQ(error(anthropic::text_start(most)).code, ErrorCode::limit_exceeded);
}

TEST_F(AnthropicDecoderTest, WhatIsOnlyLookedAtLeavesNoTrace) {  // S6
    (void)decode(anthropic::block_start(0, R"({"type":"tool_use","id":"a","name":"f"})"));
    EXPECT_EQ(delta(anthropic::block_start(1, R"({"type":"tool_use","id":"b","name":"g"})"))
                  .tool_calls.at(0)
                  .index,
              0);
    EXPECT_TRUE(
        is_silent(anthropic::block_delta(0, R"({"type":"input_json_delta","partial_json":"{}"})")));
    (void)decode(anthropic::message_start);
    EXPECT_EQ(chunk(anthropic::message_delta()).usage->prompt_tokens, 0);
}

TEST_F(AnthropicDecoderTest, BeginsEachStreamAnew) {
    pass(anthropic::message_start);
    pass(anthropic::block_start(0, R"({"type":"tool_use","id":"a","name":"f"})"));
    pass(anthropic::message_delta());
    pass(anthropic::block_start(0, R"({"type":"tool_use","id":"b","name":"f"})"));
    decoder.begin();
    EXPECT_TRUE(is_silent(anthropic::message_stop));
    EXPECT_TRUE(is_silent(anthropic::block_stop(0)));
    EXPECT_EQ(chunk(anthropic::message_delta()).usage->prompt_tokens, 0);
    EXPECT_EQ(delta(anthropic::block_start(0, R"({"type":"tool_use"})")).tool_calls.at(0).index, 0);
}

TEST_F(AnthropicDecoderTest, NothingIsLeftOfTheChunkBefore) {
    pass(anthropic::message_start);
    pass(anthropic::block_start(0, R"({"type":"tool_use","id":"a","name":"f","input":{"x":1}})"));
    pass(anthropic::block_stop(0));
    const ChatChunk& text = chunk(anthropic::text_delta("x"));
    EXPECT_EQ(text.id + text.model + text.service_tier, "");
    EXPECT_FALSE(text.usage);
    EXPECT_FALSE(text.choices[0].delta.role);
    EXPECT_TRUE(text.choices[0].delta.tool_calls.empty());
    const ChatChunk& end = chunk(anthropic::message_delta());
    EXPECT_EQ(end.content(), "");
    EXPECT_EQ(chunk(anthropic::text_delta("y")).finish_reason(), "");
    const auto& call = delta(anthropic::block_start(1, R"({"type":"tool_use"})")).tool_calls.at(0);
    EXPECT_EQ(call.id + call.name + call.arguments, "");
}

}  // namespace
}  // namespace cloud_backend::detail
