#include "accumulated.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

// SPEC A1 to A4, on the deltas that servers send.
namespace cloud_backend {
namespace {

using test::accumulate_deltas;

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

TEST(ToolCalls, RepeatedIdsTellParallelCallsApart) {
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{"}},)"
                        R"({"index":1,"id":"b","function":{"name":"f","arguments":"{ "}}])",
                        R"([{"index":1,"id":"b","function":{"name":"f","arguments":"}"}},)"
                        R"({"index":0,"id":"a","function":{"name":"f","arguments":"}"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:f", "{ }"}}));
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

TEST(ToolCalls, WithoutIndexesTheirIdsTellThemApart) {
    EXPECT_EQ(calls_of({R"([{"id":"a","function":{"name":"f","arguments":"{}"}}])",
                        R"([{"id":"b","function":{"name":"f","arguments":"{"}}])",
                        R"([{"id":"a","function":{"arguments":" "}}])",
                        R"([{"id":"b","function":{"arguments":"}"}}])"}),
              (Calls{{"a:f", "{} "}, {"b:f", "{}"}}));
}

TEST(ToolCalls, AnIndexThatIsMissingNullOrMinusOneIsZero) {
    for (const std::string index : {"", R"("index":null,)", R"("index":-1,)"}) {
        const auto call = [&](const std::string& rest) { return "[{" + index + rest + "}]"; };
        EXPECT_EQ(calls_of({call(R"("id":"a","function":{"name":"f","arguments":"{"})"),
                            R"([{"index":0,"function":{"arguments":"\"x\""}}])",
                            call(R"("function":{"arguments":":1}"})"),
                            call(R"("id":"b","function":{"name":"f","arguments":"{}"})"),
                            R"([{"index":0,"id":"c","function":{"name":"g","arguments":"["}}])",
                            call(R"("function":{"arguments":"]"})")}),
                  (Calls{{"a:f", "{\"x\":1}"}, {"b:f", "{}"}, {"c:g", "[]"}}))
            << index;
    }
}

TEST(ToolCalls, IndexesMayStartAtOne) {
    EXPECT_EQ(calls_of({R"([{"index":1,"id":"a","function":{"name":"f","arguments":"{"}}])",
                        R"([{"index":2,"id":"b","function":{"name":"g","arguments":"["}}])",
                        R"([{"index":1,"function":{"arguments":"}"}}])",
                        R"([{"index":2,"function":{"arguments":"]"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:g", "[]"}}));
}

TEST(ToolCalls, AnIndexMayBeUsedAgainForAnotherCall) {  // Ollama
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}])",
                        R"([{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}])",
                        R"([{"index":0,"id":"c","function":{"name":"g","arguments":"{"}}])",
                        R"([{"index":0,"id":"d","function":{"name":"h","arguments":"{}"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:f", "{}"}, {"c:g", "{"}, {"d:h", "{}"}}));
}

TEST(ToolCalls, AnIndexMayComeTwiceInOneChunk) {
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},)"
                        R"({"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}])"}),
              (Calls{{"a:f", "{}"}, {"b:f", "{}"}}));
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":"{"}},)"
                        R"({"index":0,"function":{"arguments":"}"}}])"}),
              (Calls{{"a:f", "{}"}}))
        << "two pieces of one call";
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

TEST(ToolCalls, ArgumentsGivenAsAnObjectMayBeEmptyOrNull) {  // A3
    EXPECT_EQ(calls_of({R"([{"index":0,"id":"a","function":{"name":"f","arguments":{}}}])",
                        R"([{"index":1,"id":"b","function":{"name":"g","arguments":null}}])",
                        R"([{"index":1,"function":{"arguments":{"x":1}}}])"}),
              (Calls{{"a:f", "{}"}, {"b:g", R"({"x":1})"}}));
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

}  // namespace
}  // namespace cloud_backend
