#include "chat/chunk_decoder.hpp"

#include <cloud_backend/chat_accumulator.hpp>
#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// SPEC C3, on chunks as servers write them.
namespace cloud_backend {
namespace {

using Json = nlohmann::json;
using Status = ChatAccumulator::Status;

ChatChunk decode(std::string json) {
    static detail::ChunkDecoder decoder(256);
    const std::size_t size = json.size();
    json.append(SseParser::padding, '\0');
    const auto result = decoder.decode(std::string_view(json).substr(0, size));
    return *std::get<const ChatChunk*>(result);
}

ChatCompletion accumulate(const std::vector<std::string>& chunks) {
    ChatAccumulator accumulator;
    for (const auto& chunk : chunks) accumulator.add(decode(chunk));
    return accumulator.completion();
}

/// Chunks of one choice, by their deltas.
ChatCompletion accumulate_deltas(const std::vector<std::string>& deltas) {
    std::vector<std::string> chunks;
    for (const auto& delta : deltas) {
        chunks.push_back(R"({"choices":[{"index":0,"delta":)" + delta + "}]}");
    }
    return accumulate(chunks);
}

using Calls = std::vector<std::pair<std::string, std::string>>;  // "id:name", arguments

/// What the deltas of tool calls, each a list, amount to.
Calls calls_of(const std::vector<std::string>& lists) {
    std::vector<std::string> deltas;
    for (const auto& list : lists) deltas.push_back(R"({"tool_calls":)" + list + "}");
    const auto completion = accumulate_deltas(deltas);
    Calls calls;
    for (const auto& call : completion.choices.at(0).message.tool_calls) {
        calls.emplace_back(call.id + ":" + call.name, call.arguments);
    }
    return calls;
}

// --- A1 ---

TEST(ToolCalls, ContinueByIndex) {
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":""}}])",
                        R"([{"index":0,"function":{"arguments":"{\"x\""}}])",
                        R"([{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}])",
                        R"([{"index":0,"function":{"arguments":":1}"}}])"}),
              (Calls{{"a:f", "{\"x\":1}"}, {"b:g", "{}"}}));
}

TEST(ToolCalls, IdAndNameMayBeRepeatedInEachDelta) {
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":0,"id":"a","function":{"name":"f","arguments":"}"}}])"}),
              (Calls{{"a:f", "{}"}}));
}

TEST(ToolCalls, AnIdMayBeNullOrEmptyLater) {
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":0,"id":null,"function":{"name":null,"arguments":" "}}])",
                        R"([{"index":0,"id":"","function":{"name":"","arguments":"}"}}])"}),
              (Calls{{"a:f", "{ }"}}));
}

TEST(ToolCalls, AKnownIdCountsMoreThanTheIndex) {
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":1,"id":"b","function":{"name":"g","arguments":"{"}}])",
                        R"([{"index":1,"id":"a","function":{"arguments":"}"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:g", "{"}}));
}

TEST(ToolCalls, WithoutIndexesTheyFollowEachOther) {  // Gemini
    EXPECT_EQ(calls_of({R"([{"id":"a","function":{"name":"f","arguments":"{}"}}])",
                        R"([{"id":"b","function":{"name":"f","arguments":"{}"}}])",
                        R"([{"id":"c","function":{"name":"g","arguments":"{\"y\""}}])",
                        R"([{"function":{"arguments":":2}"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:f", "{}"}, {"c:g", "{\"y\":2}"}}));
}

TEST(ToolCalls, AnIndexOfMinusOneIsZero) {
    EXPECT_EQ(calls_of({R"([{"index":-1,"id":"a","function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":0,"function":{"arguments":"}"}}])"}),
              (Calls{{"a:f", "{}"}}));
}

TEST(ToolCalls, IndexesMayStartAtOne) {
    EXPECT_EQ(calls_of({R"([{"index":1,"id":"a","function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":1,"function":{"arguments":"}"}}])"}),
              (Calls{{"a:f", "{}"}}));
}

TEST(ToolCalls, AnIndexMayBeUsedAgainForAnotherCall) {  // Ollama
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}])",
                        R"([{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}])",
                        R"([{"index":0,"id":"c","function":{"name":"g","arguments":"{"}}])",
                        R"([{"index":0,"id":"d","function":{"name":"h","arguments":"{}"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:f", "{}"}, {"c:g", "{"}, {"d:h", "{}"}}));
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},)"
                        R"({"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:f", "{}"}}));
}

TEST(ToolCalls, ANamelessDeltaAlwaysContinues) {
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}])",
                        R"([{"index":0,"id":"b","function":{"arguments":" "}}])"}),
              (Calls{{"a:f", "{} "}}));
}

TEST(ToolCalls, ANamelessDeltaContinuesTheYoungestCallAtItsIndex) {
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}])",
                        R"([{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}])",
                        R"([{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":0,"function":{"arguments":"\"x\":1"}}])",
                        R"([{"index":0,"id":"","function":{"name":"","arguments":"}"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:g", "{}"}, {"c:f", "{\"x\":1}"}}));
}

TEST(ToolCalls, TheIdOfAContinuingDeltaBindsNothing) {  // A2
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":0,"id":"b","function":{"arguments":"}"}}])",
                        R"([{"index":0,"id":"b","function":{"name":"g","arguments":"{"}}])",
                        R"([{"index":0,"id":"b","function":{"arguments":"}"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:g", "{}"}}));
}

TEST(ToolCalls, AnIdThatComesLateIsKnownFromThenOn) {  // A1, A2
    EXPECT_EQ(calls_of({R"([{"index":0,"function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":0,"id":"a","function":{}}])",
                        R"([{"index":1,"id":"a","function":{"arguments":"}"}}])"}),
              (Calls{{"a:f", "{}"}}));
}

TEST(ToolCalls, OnlyWholeArgumentsEndACall) {  // A1
    const auto calls_after = [](const std::string& arguments) {
        return calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":")" +
                             arguments + R"("}}])",
                         R"([{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}])"})
            .size();
    };
    for (const char* whole : {"{}", "[]", " {\\\"x\\\":[{}]} ", "{\\\"}\\\":1}"}) {
        EXPECT_EQ(calls_after(whole), 2u) << whole;
    }
    for (const char* open : {"", " ", "{", "}{", "{}{", "{}{}", "null", "1{}", "{} x", "[[]",
                             "\\\"{}\\\"", "{\\\"}"}) {
        EXPECT_EQ(calls_after(open), 1u) << open;
    }
}

TEST(ToolCalls, ABraceInsideAStringEndsNoArguments) {
    EXPECT_EQ(
        calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\"}\\\""}}])",
                  R"([{"index":0,"id":"b","function":{"name":"f","arguments":"\"}"}}])"}),
        (Calls{{"a:f", "{\"x\":\"}\\\"\"}"}}));
}

TEST(ToolCalls, WhatSaysNothingBelongsToTheCallOpenedLast) {
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":1,"id":"b","function":{"name":"g","arguments":"{"}}])",
                        R"([{"index":0,"function":{"arguments":"}"}}])",
                        R"([{"function":{"arguments":"}"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:g", "{}"}}));
}

TEST(ToolCalls, AnIndexThatComesAfterTheIdIsKnownFromThenOn) {
    EXPECT_EQ(calls_of({R"([{"id":"a","function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":1,"id":"a","function":{"arguments":"\"x\":"}}])",
                        R"([{"index":1,"function":{"arguments":"1}"}}])"}),
              (Calls{{"a:f", "{\"x\":1}"}}));
}

// --- A2, A3, A4 ---

TEST(ToolCalls, IdTypeAndNameAreSetOnceAndTypeHasADefault) {
    const auto completion = accumulate_deltas(
        {R"({"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]})",
         R"({"tool_calls":[{"index":0,"id":"late","type":"custom","function":{}}]})",
         R"({"tool_calls":[{"index":1,"id":"b","function":{"name":"g"}}]})"});
    const auto& calls = completion.choices.at(0).message.tool_calls;
    ASSERT_EQ(calls.size(), 2u);
    EXPECT_EQ(calls[0].id, "late");
    EXPECT_EQ(calls[0].type, "custom");
    EXPECT_EQ(calls[1].type, "function");

    const auto first = accumulate_deltas(
        {R"({"tool_calls":[{"id":"a","type":"custom","function":{"name":"f","arguments":"{"}}]})",
         R"({"tool_calls":[{"id":"a","type":"function","function":{"name":"g","arguments":"}"}}]})"});
    ASSERT_EQ(first.choices.at(0).message.tool_calls.size(), 1u);
    const auto& call = first.choices.at(0).message.tool_calls.at(0);
    EXPECT_EQ(call.name, "f");
    EXPECT_EQ(call.type, "custom");
    EXPECT_EQ(call.arguments, "{}");
}

TEST(ToolCalls, ArgumentsGivenAsAnObjectOrAListBecomeText) {  // A3, A1
    for (const std::string given : {R"({"x":[1]})", R"([1,{"x":2}])"}) {
        const std::string call = R"("function":{"name":"f","arguments":)" + given + "}}]";
        EXPECT_EQ(calls_of({R"([{"index":0,"id":"a",)" + call, R"([{"index":0,"id":"b",)" + call}),
                  (Calls{{"a:f", given}, {"b:f", given}}));
    }
}

TEST(ToolCalls, PiecesOfACustomToolsInputAppend) {  // A3
    const auto completion = accumulate_deltas(
        {R"({"tool_calls":[{"index":0,"id":"a","type":"custom","custom":{"name":"sh","input":""}}]})",
         R"({"tool_calls":[{"index":0,"custom":{"input":"ls "}}]})",
         R"({"tool_calls":[{"index":0,"custom":{"input":"-l"}}]})",
         R"({"tool_calls":[{"index":1,"id":"b","custom":{"name":"sh","input":"cd"}}]})",
         R"({"tool_calls":[{"index":2,"custom":{},"function":{"name":"f","arguments":"{}"}}]})"});
    const auto& calls = completion.choices.at(0).message.tool_calls;
    ASSERT_EQ(calls.size(), 3u);
    EXPECT_EQ(calls[0].type, "custom");
    EXPECT_EQ(calls[0].name, "sh");
    EXPECT_EQ(calls[0].arguments, "ls -l");
    EXPECT_TRUE(calls[0].extra.empty());
    EXPECT_EQ(calls[1].type, "custom");
    EXPECT_EQ(calls[2].type, "function");
}

TEST(ToolCalls, KeepTheOrderOfTheirFirstAppearance) {
    EXPECT_EQ(calls_of({R"([{"index":3,"id":"c","function":{"name":"f","arguments":"{}"}}])",
                        R"([{"index":0,"id":"a","function":{"name":"g","arguments":"{}"}}])"}),
              (Calls{{"c:f", "{}"}, {"a:g", "{}"}}));
}

// --- A5 to A12 ---

TEST(Accumulator, TheFirstFinishReasonStays) {  // A5
    EXPECT_EQ(accumulate({R"({"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})",
                          R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})",
                          R"({"choices":[{"index":0,"delta":{},"finish_reason":null}]})"})
                  .finish_reason(),
              "tool_calls");
}

TEST(Accumulator, TheLastUsageReplacesAndNullDoesNot) {  // A6
    const auto completion =
        accumulate({R"({"choices":[],"usage":{"prompt_tokens":5,"total_tokens":6}})",
                    R"({"choices":[],"usage":{"prompt_tokens":5,"total_tokens":9}})",
                    R"({"choices":[],"usage":null})", R"({"choices":[]})"});
    EXPECT_EQ(completion.usage.value().total_tokens, 9);
    EXPECT_EQ(accumulate({R"({"choices":[],"x_groq":{"usage":{"total_tokens":7}}})"})
                  .usage.value()
                  .total_tokens,
              7);
}

TEST(Accumulator, TheFirstIdAndModelStay) {  // A7
    const auto completion = accumulate({R"({"id":"","model":"","choices":[]})",
                                        R"({"id":"1","model":"m","choices":[]})",
                                        R"({"id":"2","model":"n","choices":[]})"});
    EXPECT_EQ(completion.id, "1");
    EXPECT_EQ(completion.model, "m");
}

TEST(Accumulator, TheHeadOfTheAnswerIsKept) {  // C2
    const auto completion = accumulate(
        {R"({"choices":[]})", R"({"choices":[],"created":5,"service_tier":"auto"})",
         R"({"choices":[],"created":6,"service_tier":"default","system_fingerprint":"fp"})",
         R"({"choices":[],"created":0,"service_tier":null,"system_fingerprint":""})"});
    EXPECT_EQ(completion.created, 5);
    EXPECT_EQ(completion.service_tier, "default") << "the tier that served, not the one asked for";
    EXPECT_EQ(completion.system_fingerprint, "fp");
}

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

TEST(Accumulator, ChoicesAreOrderedByIndexWhateverComesFirst) {  // A11
    const auto completion =
        accumulate({R"({"choices":[{"index":1,"delta":{"content":"b"}}]})",
                    R"({"choices":[{"index":0,"delta":{"content":"a"}}]})",
                    R"({"choices":[{"delta":{"content":"a"}}]})", R"({"choices":[{"index":1}]})"});
    ASSERT_EQ(completion.choices.size(), 2u);
    EXPECT_EQ(completion.choices[0].message.content, "aa");
    EXPECT_EQ(completion.choices[1].message.content, "b");
}

TEST(Accumulator, AMissingRoleIsAssistantAndARepeatedOneChangesNothing) {  // A12
    EXPECT_EQ(accumulate_deltas({R"({"content":"a"})"}).choices.at(0).message.role,
              Role::assistant);
    const auto completion = accumulate_deltas(
        {R"({"role":"assistant","content":"a"})", R"({"role":"assistant","content":"b"})"});
    EXPECT_EQ(completion.content(), "ab");
}

TEST(Accumulator, TheFirstRoleStaysWhateverItIs) {  // A12
    const auto role = [](const std::vector<std::string>& deltas) {
        return accumulate_deltas(deltas).choices.at(0).message.role;
    };
    EXPECT_EQ(role({R"({"role":"tool"})", R"({"role":"assistant"})"}), Role::tool);
    EXPECT_EQ(role({R"({"content":"a"})", R"({"role":"system"})", "{}"}), Role::system);
    EXPECT_EQ(role({R"({"role":"wizard"})", R"({"role":null})"}), Role::assistant);
}

TEST(Accumulator, IsFinishedWhenEveryChoiceIs) {  // T4
    ChatAccumulator accumulator;
    EXPECT_FALSE(accumulator.finished());
    accumulator.add(decode(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"));
    EXPECT_TRUE(accumulator.finished());
    EXPECT_FALSE(accumulator.finished(2));
    accumulator.add(decode(R"({"choices":[{"index":1,"delta":{"content":"x"}}]})"));
    EXPECT_FALSE(accumulator.finished());
    accumulator.add(decode(R"({"choices":[{"index":1,"delta":{},"finish_reason":"length"}]})"));
    EXPECT_TRUE(accumulator.finished(2));
    accumulator.reset();
    EXPECT_FALSE(accumulator.finished());
    EXPECT_TRUE(accumulator.completion().choices.empty());
}

TEST(Accumulator, IsNotFinishedWithoutAChoiceHoweverFewAreExpected) {  // T4
    ChatAccumulator accumulator;
    accumulator.add(decode(R"({"choices":[]})"));
    for (const int expected : {0, -1, std::numeric_limits<int>::min()}) {
        EXPECT_FALSE(accumulator.finished(expected)) << expected;
    }
    accumulator.add(decode(R"({"choices":[{"index":0,"finish_reason":"stop"}]})"));
    for (const int expected : {1, 0, -1, std::numeric_limits<int>::min()}) {
        EXPECT_TRUE(accumulator.finished(expected)) << expected;
    }
    EXPECT_FALSE(accumulator.finished(std::numeric_limits<int>::max()));
}

TEST(Accumulator, IsEmptyOnceMovedFrom) {
    ChatAccumulator accumulator;
    accumulator.add(decode(R"({"choices":[{"index":0,"delta":{"content":"a"}}]})"));
    const ChatAccumulator taken = std::move(accumulator);
    EXPECT_EQ(taken.completion().content(), "a");
    // NOLINTBEGIN(bugprone-use-after-move)
    EXPECT_FALSE(accumulator.finished(0));
    EXPECT_TRUE(accumulator.completion().choices.empty());
    accumulator.reset();
    accumulator.add(decode(R"({"choices":[{"index":0,"delta":{"content":"b"}}]})"));
    EXPECT_EQ(accumulator.completion().content(), "b");
    // NOLINTEND(bugprone-use-after-move)
}

// --- property: how the text is cut into deltas does not matter ---

std::vector<std::string> random_cut(const std::string& text, std::mt19937& random) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = 1 + random() % 5;
        pieces.push_back(text.substr(at, size));
        at += size;
    }
    return pieces;
}

TEST(Accumulator, AnyCutOfTheTextsGivesTheSameCompletion) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::string content = "The quick brown fox.";
    const std::string arguments = R"({"city":"Paris","note":"a \"brace\" } {"})";
    for (int run = 0; run < 300; ++run) {
        std::vector<std::string> deltas;
        for (const auto& piece : random_cut(content, random)) {
            deltas.push_back(Json{{"content", piece}}.dump());
        }
        for (int call = 0; call < 3; ++call) {
            const std::string id = "id" + std::to_string(call);
            bool first = true;
            for (const auto& piece : random_cut(arguments, random)) {
                Json delta{{"index", call}, {"function", {{"arguments", piece}}}};
                if (std::exchange(first, false) || random() % 2 == 0) {
                    delta["id"] = id;
                    delta["function"]["name"] = "f";
                }
                deltas.push_back(Json{{"tool_calls", Json::array({delta})}}.dump());
            }
        }
        const auto completion = accumulate_deltas(deltas);
        const auto& message = completion.choices.at(0).message;
        ASSERT_EQ(message.content, content);
        ASSERT_EQ(message.tool_calls.size(), 3u);
        for (const auto& call : message.tool_calls) ASSERT_EQ(call.arguments, arguments);
    }
}

}  // namespace
}  // namespace cloud_backend
