#include "accumulated.hpp"

#include <cloud_backend/chat_accumulator.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <utility>

// SPEC A8 to A10: what is kept of a message besides its text, and the limits of that (T8).
namespace cloud_backend {
namespace {

using Json = nlohmann::json;
using Status = ChatAccumulator::Status;
using test::accumulate;
using test::accumulate_deltas;

TEST(Accumulator, ReasoningComesUnderEitherName) {  // A8
    EXPECT_EQ(accumulate_deltas({R"({"reasoning_content":"a"})", R"({"reasoning":"b"})",
                                 R"({"reasoning_content":"c","reasoning":"c"})"})
                  .reasoning(),
              "abc");
}

TEST(Accumulator, LogprobsAppend) {  // A9
    const auto completion = accumulate(
        {R"({"choices":[{"index":0,"delta":{},"logprobs":{"content":[{"token":"a"}]}}]})",
         R"({"choices":[{"index":0,"delta":{},"logprobs":null}]})",
         R"({"choices":[{"index":0,"delta":{},"logprobs":{"content":[{"token":"b"}]}}]})"});
    EXPECT_EQ(completion.choices.at(0).logprobs.parse(),
              Json::parse(R"({"content":[{"token":"a"},{"token":"b"}]})"));
}

TEST(Accumulator, UnknownFieldsAreKept) {  // A10
    const auto completion = accumulate(
        {R"({"timings":{"n":1},"choices":[{"index":0,"delta":{"signature":"s","parts":[1],)"
         R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"},)"
         R"("extra_content":{"google":{"thought_signature":"t"}}}]}}]})",
         R"({"timings":{"n":2},"choices":[{"index":0,"delta":{"signature":null,"parts":[2]}}]})"});
    const auto& message = completion.choices.at(0).message;
    EXPECT_EQ(message.extra.parse(), Json::parse(R"({"signature":"s","parts":[1,2]})"));
    EXPECT_EQ(message.tool_calls.at(0).extra.parse(),
              Json::parse(R"({"extra_content":{"google":{"thought_signature":"t"}}})"));
    EXPECT_EQ(completion.extra.parse(), Json::parse(R"({"timings":{"n":2}})"));
}

TEST(Accumulator, UnknownFieldsOfAChoiceAreKept) {  // A10, as Azure's content filter gives them.
    const auto completion = accumulate(
        {R"({"choices":[{"index":0,"delta":{},"content_filter_results":{},"content_filter_offsets":
             {"end_offset":4}}]})",
         R"({"choices":[{"index":0,"delta":{},"content_filter_results":{"hate":{}},"seen":null}]})"});
    EXPECT_EQ(completion.choices.at(0).extra.parse(),
              Json::parse(R"({"content_filter_results":{"hate":{}},
                              "content_filter_offsets":{"end_offset":4}})"));
}

/// A chunk whose only unknown fields are `extra`, which may be written in any way.
ChatChunk chunk_with(std::string extra) {
    ChatChunk chunk;
    chunk.extra = RawJson::parse_text(std::move(extra));
    return chunk;
}

TEST(Accumulator, UnknownFieldsStayAsTheyWereWritten) {  // A10
    ChatAccumulator accumulator;
    accumulator.add(chunk_with(R"( {"z":12345678901234567890123, "list":[ ], "b":1.10} )"));
    accumulator.add(chunk_with(R"({"b":null,"list":[ 1, [2] ],"\u0062":{"k" : 1}})"));
    accumulator.add(chunk_with(R"({"list":[],"a":[]})"));
    accumulator.add(chunk_with(R"({"list":[{}],"a":7})"));
    accumulator.add(chunk_with(R"({"z":null})"));
    accumulator.add(chunk_with("[1]"));
    EXPECT_EQ(accumulator.completion().extra.text(),
              R"({"z":12345678901234567890123,"list":[1, [2],{}],"b":{"k" : 1},"a":7})");
}

TEST(Accumulator, ArgumentsOfALegacyFunctionCallMayBeAnObject) {  // A3, A10
    EXPECT_EQ(accumulate_deltas({R"({"function_call":{"name":"f","arguments":{"x":"a\"b"}}})"})
                  .choices.at(0)
                  .message.extra.parse()["function_call"]["arguments"],
              R"({"x":"a\"b"})");
}

TEST(Accumulator, PiecesOfALegacyFunctionCallAppend) {  // A10
    const auto extra =
        accumulate_deltas({R"({"content":null,"function_call":{"name":"f","arguments":""}})",
                           R"({"function_call":{"arguments":"{\"x\""},"k":[1]})",
                           R"({"function_call":{"arguments":":\"\n\"}","name":null}})",
                           R"({"function_call":null})"})
            .choices.at(0)
            .message.extra;
    EXPECT_EQ(extra.parse(), Json::parse(R"({"k":[1],"function_call":
        {"name":"f","arguments":"{\"x\":\"\n\"}"}})"));
    EXPECT_EQ(accumulate_deltas({R"({"function_call":{"name":"f","arguments":"{}"}})"})
                  .choices.at(0)
                  .message.extra.text(),
              R"({"function_call":{"name":"f","arguments":"{}"}})");
}

TEST(Accumulator, AnnotationsAppend) {
    const auto completion =
        accumulate_deltas({R"({"annotations":[{"n":1}]})", R"({"annotations":[]})",
                           R"({"annotations":null})", R"({"annotations":[{"n":2},3]})"});
    EXPECT_EQ(completion.choices.at(0).message.annotations.text(), R"([{"n":1},{"n":2},3])");
    EXPECT_TRUE(accumulate_deltas({"{}"}).choices.at(0).message.annotations.empty());
}

TEST(Accumulator, DeepUnknownFieldsCostNoStack) {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    ChatAccumulator accumulator;
    accumulator.add(chunk_with("{\"a\":" + deep + "}"));
    EXPECT_EQ(accumulator.completion().extra.text(), "{\"a\":" + deep + "}");
}

TEST(Accumulator, LimitsUnknownFields) {  // T8
    const auto fields = [](std::size_t count) {
        std::string object = "{";
        for (std::size_t i = 0; i < count; ++i) object += "\"" + std::to_string(i) + "\":1,";
        object.back() = '}';
        return object;
    };
    const auto most = fields(ChatAccumulator::max_parts);
    ChatAccumulator accumulator;
    EXPECT_EQ(accumulator.add(chunk_with(most)), Status::ok);
    EXPECT_EQ(accumulator.add(chunk_with(most)), Status::ok) << "the same ones again";
    EXPECT_EQ(accumulator.add(chunk_with(R"({"more":1})")), Status::too_many_parts);
    EXPECT_EQ(accumulator.add(ChatChunk{}), Status::too_many_parts) << "it stays so";
    EXPECT_EQ(accumulator.completion().extra.text(), most);
    accumulator.reset();
    EXPECT_EQ(accumulator.add(chunk_with(R"({"more":1})")), Status::ok);
}

/// A chunk of one choice with one delta of a tool call.
ChatChunk chunk_of(ToolCallDelta delta, int choice = 0) {
    ChatChunk chunk;
    chunk.choices.resize(1);
    chunk.choices[0].index = choice;
    chunk.choices[0].delta.tool_calls.push_back(std::move(delta));
    return chunk;
}

TEST(Accumulator, LimitsTheToolCallsOfEachChoice) {  // T8
    ChatAccumulator accumulator;
    constexpr int most = ChatAccumulator::max_parts;
    for (int i = 0; i < most; ++i) {
        ASSERT_EQ(accumulator.add(chunk_of({.index = i, .name = "f"})), Status::ok);
    }
    EXPECT_EQ(accumulator.add(chunk_of({.index = 0, .arguments = "{}"})), Status::ok);
    EXPECT_EQ(accumulator.add(chunk_of({.index = most, .name = "f"}, 1)), Status::ok);
    EXPECT_EQ(accumulator.add(chunk_of({.index = most, .name = "f"})), Status::too_many_parts);
    const auto completion = accumulator.completion();
    EXPECT_EQ(completion.choices.at(0).message.tool_calls.size(), ChatAccumulator::max_parts);
    EXPECT_EQ(completion.choices.at(0).message.tool_calls.at(0).arguments, "{}");
}

TEST(Accumulator, LimitsTheIndexesAndTheFieldsOfAToolCall) {  // T8
    ChatAccumulator accumulator;
    constexpr int most = ChatAccumulator::max_parts;
    for (int i = 0; i < most; ++i) {
        ASSERT_EQ(accumulator.add(chunk_of({.index = i, .id = "a"})), Status::ok);
    }
    EXPECT_EQ(accumulator.add(chunk_of({.index = most, .id = "a"})), Status::too_many_parts);

    accumulator.reset();
    ToolCallDelta delta{.id = "a"};
    for (int i = 1; i < most; ++i) {
        delta.extra = RawJson::trusted("{\"" + std::to_string(i) + "\":1}");
        ASSERT_EQ(accumulator.add(chunk_of(delta)), Status::ok);
    }
    delta.extra = RawJson::trusted(R"({"more":1})");
    EXPECT_EQ(accumulator.add(chunk_of(delta)), Status::too_many_parts);
}

}  // namespace
}  // namespace cloud_backend
