#include "accumulated.hpp"

#include <cloud_backend/chat_accumulator.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

// SPEC A5 to A7, A11, A12, and when an answer is finished.
namespace cloud_backend {
namespace {

using test::accumulate;
using test::accumulate_deltas;
using test::decode;

TEST(Accumulator, TheFirstFinishReasonStays) {  // A5
    EXPECT_EQ(accumulate({R"({"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})",
                          R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})",
                          R"({"choices":[{"index":0,"delta":{},"finish_reason":null}]})"})
                  .finish_reason(),
              "tool_calls");
}

TEST(Accumulator, TheLastUsageReplacesAndNullDoesNot) {  // A6
    const auto completion = accumulate(
        {R"({"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"total_tokens":6}})",
         R"({"choices":[{"delta":{"content":"b"}}],"usage":{"total_tokens":9}})",
         R"({"choices":[{"finish_reason":"stop"}],"usage":null})", R"({"choices":[],"usage":{}})",
         R"({"choices":[]})"});
    const auto& usage = completion.usage.value();
    EXPECT_EQ(usage.total_tokens, 9);
    EXPECT_EQ(usage.prompt_tokens, 0) << "nothing is taken from an older one";
    EXPECT_EQ(usage.raw.text(), R"({"total_tokens":9})");
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

TEST(Accumulator, ChoicesAreOrderedByIndexWhateverComesFirst) {  // A11
    const auto completion = accumulate({R"({"choices":[{"index":127,"delta":{"content":"c"}}]})",
                                        R"({"choices":[{"index":1,"delta":{"content":"b"}}]})",
                                        R"({"choices":[{"index":1,"delta":{"content":"b"}},)"
                                        R"({"index":0,"delta":{"content":"a"}}]})"});
    ASSERT_EQ(completion.choices.size(), 3u);
    EXPECT_EQ(completion.choices[0].message.content, "a");
    EXPECT_EQ(completion.choices[1].message.content, "bb");
    EXPECT_EQ(completion.choices[2].index, 127);
}

TEST(Accumulator, AChoiceWithoutIndexIsTheFirst) {  // A11
    const auto completion = accumulate({R"({"choices":[{"index":1,"delta":{"content":"b"}}]})",
                                        R"({"choices":[{"delta":{"content":"a"}}]})",
                                        R"({"choices":[{"index":0,"delta":{"content":"a"}}]})",
                                        R"({"choices":[{"index":null,"delta":{"content":"a"}}]})"});
    ASSERT_EQ(completion.choices.size(), 2u);
    EXPECT_EQ(completion.choices[0].message.content, "aaa");
    EXPECT_EQ(completion.choices[1].message.content, "b");
}

TEST(Accumulator, AChoiceWithoutDeltaSaysTheRest) {  // C2
    const auto completion =
        accumulate({R"({"choices":[{"index":1}]})", R"({"choices":[{"delta":{"content":"a"}}]})",
                    R"({"choices":[{"delta":null}]})",
                    R"({"choices":[{"finish_reason":"stop","logprobs":{"content":[1]}}]})"});
    ASSERT_EQ(completion.choices.size(), 2u);
    EXPECT_EQ(completion.content(), "a");
    EXPECT_EQ(completion.finish_reason(), "stop");
    EXPECT_EQ(completion.choices[0].logprobs.text(), R"({"content":[1]})");
    EXPECT_TRUE(completion.choices[1].message.content.empty()) << "nothing is left over in it";
    EXPECT_EQ(completion.choices[1].finish_reason, "");
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

}  // namespace
TEST(Accumulator, IsEmptyOnceItsCompletionIsTaken) {
    ChatAccumulator accumulator;
    EXPECT_TRUE(accumulator.take().choices.empty());
    accumulator.add(decode(
        R"({"id":"x","new":1,"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]})"));
    const ChatCompletion before = accumulator.completion();
    const ChatCompletion taken = accumulator.take();
    EXPECT_EQ(taken.id, "x");
    EXPECT_EQ(taken.content(), "a");
    EXPECT_EQ(taken.finish_reason(), "stop");
    EXPECT_EQ(taken.extra.text(), R"({"new":1})");
    EXPECT_EQ(before.content(), taken.content());
    EXPECT_FALSE(accumulator.finished());
    EXPECT_TRUE(accumulator.completion().choices.empty());
}

}  // namespace cloud_backend
