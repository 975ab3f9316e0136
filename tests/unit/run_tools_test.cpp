#include "call_fixture.hpp"
#include "told_stream.hpp"
#include "tools_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Kind = ToolStep::Kind;
using Texts = std::vector<std::string>;

class RunTools : public ToolsFixture {};

// --- what is asked and called -------------------------------------------------------------------

TEST_F(RunTools, TheModelIsToldTheResultsInTheOrderOfItsCalls) {
    answers(calls_of({call_of("a", "time"), call_of("b", "weather", R"({"city":"Paris"})")}));
    answers("Sunny.");
    const ToolRun result = run();
    EXPECT_EQ(result.end, ToolRun::End::answered);
    EXPECT_EQ(result.completion.content(), "Sunny.");
    EXPECT_EQ(result.rounds, 2);
    EXPECT_EQ(called, (Texts{"time{}", R"(weather{"city":"Paris"})"}));

    ASSERT_EQ(requests.size(), 2u);
    EXPECT_EQ(requests[0].messages.size(), 1u);
    const auto& messages = requests[1].messages;
    ASSERT_EQ(messages.size(), 4u);
    EXPECT_EQ(messages[1].tool_calls.size(), 2u);
    EXPECT_EQ(messages[2].tool_call_id, "a");
    EXPECT_EQ(messages[2].content, "result of time");
    EXPECT_EQ(messages[3].tool_call_id, "b");
    EXPECT_EQ(messages[3].content, "result of weather");
    EXPECT_EQ(said(), (Texts{"", "result of time", "result of weather", "Sunny."}));
}

TEST_F(RunTools, TheToolsAreSentBesideThoseOfTheRequest) {
    request.tools = {Tool{.type = "web_search"}};
    answers("done");
    (void)run();
    ASSERT_EQ(requests.at(0).tools.size(), 3u);
    EXPECT_EQ(requests[0].tools[0].type, "web_search");
    EXPECT_EQ(requests[0].tools[1].name, "weather");
    EXPECT_EQ(requests[0].tools[2].name, "time");
    EXPECT_EQ(request.tools.size(), 1u) << "the caller's request gains messages only";
}

TEST_F(RunTools, CallsAreMadeWhateverTheFinishReasonSays) {  // C4: "stop", or none
    for (const char* const reason : {"stop", ""}) {
        called.clear();
        answers(calls_of({call_of("a", "time")}, reason));
        answers("done");
        EXPECT_EQ(run().end, ToolRun::End::answered);
        EXPECT_EQ(called.size(), 1u) << reason;
    }
}

TEST_F(RunTools, AnAnswerGoesBackAsItWasReceived) {  // A10
    ChatCompletion answer = calls_of({call_of("a", "time")});
    Message& message = answer.choices[0].message;
    message.content = "Let me look.";
    message.extra = Json{{"thinking_blocks", {1, 2}}};
    message.tool_calls[0].extra = Json{{"signature", "s"}};
    message.tool_calls[0].function_extra = Json{{"provider", "p"}};
    answers(answer);
    answers("done");
    (void)run();
    const Message& sent = requests.at(1).messages.at(1);
    EXPECT_EQ(sent.role, Role::assistant);
    EXPECT_EQ(sent.content, "Let me look.");
    EXPECT_EQ(sent.extra, message.extra);
    EXPECT_EQ(sent.tool_calls.at(0).id, "a");
    EXPECT_EQ(sent.tool_calls[0].extra, message.tool_calls[0].extra);
    EXPECT_EQ(sent.tool_calls[0].function_extra, message.tool_calls[0].function_extra);
}

TEST_F(RunTools, CallsWithoutAnIdOfTheirOwnAreGivenOne) {  // C4: llama.cpp
    answers(calls_of({call_of("", "time"), call_of("x", "time"), call_of("x", "weather")}));
    answers(calls_of({call_of("", "time")}));
    answers("done");
    (void)run();
    const auto& messages = requests.at(2).messages;
    ASSERT_EQ(messages.size(), 7u);
    Texts ids;
    for (const Message& message : {messages[1], messages[5]}) {
        for (const ToolCall& call : message.tool_calls) ids.push_back(call.id);
    }
    EXPECT_EQ(ids, (Texts{"call00001", "x", "call00002", "call00003"}));
    EXPECT_EQ((Texts{messages[2].tool_call_id, messages[3].tool_call_id, messages[4].tool_call_id,
                     messages[6].tool_call_id}),
              ids);
}

TEST_F(RunTools, AnIdThatIsMadeIsNewToTheConversation) {
    request.messages.push_back(completion_of("").choices[0].message);
    request.messages[1].tool_calls = {call_of("call00001", "time")};
    request.messages.push_back(Message::tool("call00001", "noon"));
    request.messages.push_back(Message::user("?"));
    answers(calls_of({call_of("", "time"), call_of("call00002", "time")}));
    answers("done");
    (void)run();
    const auto& calls = requests.at(1).messages.at(4).tool_calls;
    EXPECT_EQ(calls.at(0).id, "call00003");
    EXPECT_EQ(calls.at(1).id, "call00002");
}

TEST_F(RunTools, CallsThatHaveResultsAreNotMadeAgainWhateverTheirIds) {
    for (const char* const id : {"", "x"}) {
        called.clear();
        requests.clear();
        request.messages.resize(1);
        request.messages.push_back(
            calls_of({call_of(id, "weather"), call_of(id, "time"), call_of(id, "weather")})
                .choices[0]
                .message);
        request.messages.push_back(Message::tool(id, "rain"));
        request.messages.push_back(Message::tool(id, "noon"));
        answers("done");
        (void)run();
        EXPECT_EQ(called, Texts{"weather{}"});
        const auto& sent = requests.at(0).messages;
        ASSERT_EQ(sent.size(), 5u);
        EXPECT_EQ(sent[2].content, "rain");
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_FALSE(sent[1].tool_calls.at(i).id.empty());
            EXPECT_EQ(sent[2 + i].tool_call_id, sent[1].tool_calls[i].id);
        }
        EXPECT_NE(sent[2].tool_call_id, sent[3].tool_call_id);
        EXPECT_NE(sent[3].tool_call_id, sent[4].tool_call_id);
    }
}

TEST_F(RunTools, TheAnswerIsTheAssistantsWhateverItsRole) {
    ChatCompletion answer = calls_of({call_of("a", "time")});
    answer.choices[0].message.role = Role::user;
    answers(answer);
    answers("done");
    (void)run();
    EXPECT_EQ(requests.at(1).messages.at(1).role, Role::assistant);
}

TEST_F(RunTools, CallsOfASecondChoiceAreNotMade) {
    ChatCompletion answer = completion_of("one");
    answer.choices.push_back(calls_of({call_of("a", "time")}).choices[0]);
    answers(answer);
    EXPECT_EQ(run().end, ToolRun::End::answered);
    EXPECT_TRUE(called.empty());
    EXPECT_EQ(said(), Texts{"one"});
}

TEST_F(RunTools, AForcedChoiceHoldsUntilAToolHasAnswered) {  // It would never end.
    for (const auto& choice :
         {ToolChoice::required(), ToolChoice::function("time"), ToolChoice::custom("time")}) {
        requests.clear();
        request = {.messages = {Message::user("?")}, .tool_choice = choice};
        answers(calls_of({call_of("a", "time")}));
        answers("done");
        (void)run();
        EXPECT_EQ(requests.at(0).tool_choice.value().kind(), choice.kind());
        EXPECT_FALSE(requests.at(1).tool_choice);
        EXPECT_EQ(request.tool_choice.value().kind(), choice.kind()) << "the caller's stays";
    }
}

TEST_F(RunTools, AChoiceThatForcesNothingStays) {
    request.tool_choice = ToolChoice::automatic();
    answers(calls_of({call_of("a", "time")}));
    answers("done");
    (void)run();
    EXPECT_EQ(requests.at(1).tool_choice.value().kind(), ToolChoice::Kind::automatic);
}

TEST_F(RunTools, TheUsageOfAllRoundsIsAddedUp) {
    ChatCompletion first = calls_of({call_of("a", "time")});
    first.usage = Usage{.prompt_tokens = 10, .total_tokens = 12, .reasoning_tokens = 1};
    ChatCompletion last = completion_of("done");
    last.usage = Usage{.prompt_tokens = 20, .total_tokens = 25, .cached_tokens = 10};
    answers(first);
    answers(last);
    const Usage usage = run().usage;
    EXPECT_EQ(usage.prompt_tokens, 30);
    EXPECT_EQ(usage.total_tokens, 37);
    EXPECT_EQ(usage.reasoning_tokens, 1);
    EXPECT_EQ(usage.cached_tokens, 10);
}

TEST_F(RunTools, AUsageBeyondAllNumbersStaysAtTheLast) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    ChatCompletion first = calls_of({call_of("a", "time")});
    first.usage = Usage{.prompt_tokens = most, .total_tokens = -most};
    ChatCompletion last = completion_of("done");
    last.usage = Usage{.prompt_tokens = 1, .total_tokens = -most};
    answers(first);
    answers(last);
    const Usage usage = run().usage;
    EXPECT_EQ(usage.prompt_tokens, most);
    EXPECT_EQ(usage.total_tokens, std::numeric_limits<std::int64_t>::min());
}

// --- how it ends --------------------------------------------------------------------------------

TEST_F(RunTools, ItEndsAfterMaxRoundsWithTheLastResultsInTheConversation) {
    for (int i = 0; i < 3; ++i) answers(calls_of({call_of(std::to_string(i), "time")}));
    const ToolRun result = run({.max_rounds = 2});
    EXPECT_EQ(result.end, ToolRun::End::max_rounds);
    EXPECT_EQ(result.rounds, 2);
    EXPECT_EQ(requests.size(), 2u);
    EXPECT_EQ(said(), (Texts{"", "result of time", "", "result of time"}));
    script.clear();
    answers("done");
    EXPECT_EQ(run().completion.content(), "done");
    EXPECT_EQ(called.size(), 2u);
}

TEST_F(RunTools, CallsOfACutAnswerAreNotMade) {
    for (const char* const reason : {"length", "model_length", "content_filter"}) {
        answers(calls_of({call_of("a", "time")}, reason));
        const ToolRun result = run();
        EXPECT_EQ(result.end, ToolRun::End::cut);
        EXPECT_EQ(result.completion.finish_reason(), reason);
        EXPECT_TRUE(called.empty());
        EXPECT_EQ(request.messages.size(), 1u) << "nothing that cannot be continued";
    }
}

TEST_F(RunTools, ACutAnswerWithoutCallsIsAnAnswer) {
    ChatCompletion cut = completion_of("Sun");
    cut.choices[0].finish_reason = "length";
    answers(cut);
    EXPECT_EQ(run().end, ToolRun::End::answered);
    EXPECT_EQ(said(), Texts{"Sun"});
}

TEST_F(RunTools, AnAnswerWithoutChoicesIsTheEnd) {
    answers(ChatCompletion{});
    EXPECT_EQ(run().end, ToolRun::End::answered);
    EXPECT_EQ(request.messages.size(), 1u);
}

TEST_F(RunTools, AnErrorOfALaterRoundLosesNothingAndNoFunctionIsCalledTwice) {
    answers(calls_of({call_of("a", "time")}));
    script.emplace_back([]() -> ChatCompletion {
        raise({.code = ErrorCode::rate_limit, .message = "slow down", .api = {.status = 429}});
    });
    EXPECT_EQ(error_of<RateLimitError>([&] { (void)run(); }).status(), 429);
    EXPECT_EQ(said(), (Texts{"", "result of time"}));
    answers("done");
    EXPECT_EQ(run().completion.content(), "done");
    EXPECT_EQ(called.size(), 1u);
    EXPECT_EQ(said(), (Texts{"", "result of time", "done"}));
}

TEST_F(RunTools, ACancelBetweenTwoCallsEndsItAndTheNextRunMakesTheOther) {
    std::stop_source stop;
    tools.push_back(CallableTool::function("stop", "", {}, [&](const RawJson&) {
        stop.request_stop();
        return "stopping";
    }));
    answers(calls_of({call_of("", "stop"), call_of("", "time")}));
    EXPECT_THROW((void)run({.call = {.stop = stop.get_token()}}), CancelledError);
    EXPECT_TRUE(called.empty());
    EXPECT_EQ(said(), (Texts{"", "stopping"}));
    answers("done");
    std::vector<int> rounds;
    (void)run({.on_step = [&](const ToolStep& step) { rounds.push_back(step.round); }});
    EXPECT_EQ(said(), (Texts{"", "stopping", "result of time", "done"}));
    EXPECT_EQ(called.size(), 1u);
    EXPECT_EQ(rounds, (std::vector<int>{0, 0, 1, 1}));
}

TEST_F(RunTools, ACancelByTheLastCallEndsItBeforeTheNextRound) {
    std::stop_source stop;
    answers(calls_of({call_of("a", "time")}));
    const auto stop_when_called = [&](const ToolStep& step) {
        if (step.kind == Kind::called) stop.request_stop();
    };
    EXPECT_THROW((void)run({.call = {.stop = stop.get_token()}, .on_step = stop_when_called}),
                 CancelledError);
    EXPECT_EQ(requests.size(), 1u);
    EXPECT_EQ(said(), (Texts{"", "result of time"}));
}

TEST_F(RunTools, ACancelAsACallIsToldStopsThatCall) {
    std::stop_source stop;
    answers(calls_of({call_of("a", "time")}));
    const auto stop_before_call = [&](const ToolStep& step) {
        if (step.kind == Kind::calling) stop.request_stop();
    };
    EXPECT_THROW((void)run({.call = {.stop = stop.get_token()}, .on_step = stop_before_call}),
                 CancelledError);
    EXPECT_TRUE(called.empty());
    EXPECT_EQ(said(), Texts{""});
}

TEST_F(RunTools, WhatWasStoppedBeforeAsksNothing) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW((void)run({.call = {.stop = stop.get_token()}}), CancelledError);
    EXPECT_TRUE(requests.empty());
}

TEST_F(RunTools, TheDeadlineStandsStillInCallbacks) {  // T5
    answers(calls_of({call_of("a", "time")}));
    answers("done");
    const auto slow_step = [&](const ToolStep&) { now += 1min; };
    const auto slow_chunk = [&](const ChatChunk&) {
        now += 1min;
        return true;
    };
    RunToolsOptions options{.call = {.deadline = 4s}, .on_step = slow_step};
    options.now = [this] { return now; };
    EXPECT_EQ(run_tools(model, request, tools, slow_chunk, options).end, ToolRun::End::answered);
    ASSERT_EQ(asked_with.size(), 2u);
    for (const CallOptions& asked : asked_with) EXPECT_EQ(asked.deadline, 4s);
}

TEST_F(RunTools, TheDeadlineIsForAllRoundsAndStandsStillInFunctions) {  // T5, F4
    tools.push_back(CallableTool::function("slow", "", {}, [&](const RawJson&) {
        now += 1min;
        return "slept";
    }));
    for (int i = 0; i < 2; ++i) {
        script.emplace_back([&] {
            now += 2s;
            return calls_of({call_of("a", "slow")});
        });
    }
    answers("too late");
    const auto error = error_of<TimeoutError>([&] { (void)run({.call = {.deadline = 4s}}); });
    EXPECT_EQ(error.limit(), TimeLimit::deadline);
    ASSERT_EQ(asked_with.size(), 2u) << "nothing is asked after it";
    EXPECT_EQ(asked_with[0].deadline, 4s);
    EXPECT_EQ(asked_with[1].deadline, 2s);
}

TEST_F(RunTools, TheOptionsOfACallGoToEachRound) {
    answers(calls_of({call_of("a", "time")}));
    answers("done");
    (void)run({.call = {.max_retry_wait = 3s}});
    ASSERT_EQ(asked_with.size(), 2u);
    for (const CallOptions& options : asked_with) {
        EXPECT_EQ(options.max_retry_wait, 3s);
        EXPECT_EQ(options.deadline, std::nullopt);
    }
}

// --- what the caller sees of it -----------------------------------------------------------------

TEST_F(RunTools, EachStepIsTold) {
    answers(calls_of({call_of("a", "time"), call_of("b", "unknown")}));
    answers("done");
    Texts steps;
    (void)run({.on_step = [&](const ToolStep& step) {
        std::string text = std::to_string(step.round) + ' ';
        switch (step.kind) {
            case Kind::asking:
                text += "asking";
                break;
            case Kind::answered:
                text += "answered " + std::string(step.answer->content());
                break;
            case Kind::calling:
                text += "calling " + step.call->name;
                break;
            case Kind::called:
                text += step.call->name + (step.failed ? " failed: " : " told: ");
                text += step.result;
        }
        steps.push_back(text);
    }});
    EXPECT_EQ(steps,
              (Texts{"1 asking", "1 answered ", "1 calling time", "1 time told: result of time",
                     "1 calling unknown", R"(1 unknown failed: error: there is no tool "unknown")",
                     "2 asking", "2 answered done"}));
}

TEST_F(RunTools, WhatTheStepCallbackThrowsPassesUnchanged) {
    for (const Kind kind : {Kind::asking, Kind::answered, Kind::calling, Kind::called}) {
        script.clear();
        request.messages.resize(1);
        answers(calls_of({call_of("a", "time")}));
        const auto refuse = [&](const ToolStep& step) {
            if (step.kind == kind) throw std::out_of_range("enough");
        };
        EXPECT_THROW((void)run({.on_step = refuse}), std::out_of_range);
    }
    EXPECT_EQ(said(), (Texts{"", "result of time"})) << "the result is kept";
    EXPECT_EQ(called.size(), 1u);
}

TEST_F(RunTools, StreamedRoundsAllGoToTheCallback) {
    answers(calls_of({call_of("a", "time")}));
    answers("done");
    Texts chunks;
    const auto show = [&](const ChatChunk& chunk) {
        const auto& calls = chunk.choices.at(0).delta.tool_calls;
        chunks.push_back(calls.empty() ? std::string(chunk.content()) : calls[0].name);
    };
    const ToolRun result = run_tools(model, request, tools, show);
    EXPECT_EQ(chunks, (Texts{"time", "done"}));
    EXPECT_EQ(result.completion.content(), "done");
    EXPECT_EQ(result.rounds, 2);
    EXPECT_EQ(said(), (Texts{"", "result of time", "done"}));
}

TEST_F(RunTools, TheEventsOfEachRoundAreThoseOfAStreamOfItsOwn) {
    for (const char* const arguments : {R"({"n":1})", R"({"n":2})"}) {
        answers(calls_of({call_of("", "time", arguments)}, ""));  // done at the end only
    }
    answers("noon");
    std::vector<ToldStream> rounds(3);
    std::size_t round = 0;
    StreamEventHandlers handlers{
        .on_content =
            [&](const TextEvent& event) { rounds.at(round).handlers().on_content(event); },
        .on_tool_call_started =
            [&](const auto& event) { rounds.at(round).handlers().on_tool_call_started(event); },
        .on_tool_call_arguments =
            [&](const auto& event) { rounds.at(round).handlers().on_tool_call_arguments(event); },
        .on_tool_call_done =
            [&](const auto& event) { rounds.at(round).handlers().on_tool_call_done(event); }};
    const ToolRun result =
        run_tools(model, request, tools, handlers, {.on_step = [&](const ToolStep& step) {
                      if (step.kind == Kind::answered) ++round;
                  }});
    EXPECT_EQ(result.rounds, 3);
    EXPECT_EQ(rounds[0].log,
              (Texts{"0 started[0] :time", R"(0 arguments[0] {"n":1})", R"(0 done[0] {"n":1})"}));
    EXPECT_EQ(rounds[1].log,
              (Texts{"0 started[0] :time", R"(0 arguments[0] {"n":2})", R"(0 done[0] {"n":2})"}));
    EXPECT_EQ(rounds[2].log, Texts{"0 content noon"});
}

TEST_F(RunTools, AChunkCallbackThatStopsItStopsTheRun) {
    answers(calls_of({call_of("a", "time")}));
    const ToolRun result = run_tools(model, request, tools, [](const ChatChunk&) { return false; });
    EXPECT_EQ(result.end, ToolRun::End::stopped);
    EXPECT_EQ(result.completion.choices.at(0).message.tool_calls.size(), 1u);
    EXPECT_TRUE(called.empty());
    EXPECT_EQ(request.messages.size(), 1u);
}

// --- what is refused ----------------------------------------------------------------------------

TEST_F(RunTools, OptionsThatMakeNoSenseAreRefused) {
    EXPECT_THROW((void)run({.max_rounds = 0}), ConfigError);
    EXPECT_THROW((void)run({.call = {.idempotency_key = "k"}}), ConfigError);
    EXPECT_THROW((void)run_tools(model, request, tools, {.now = nullptr}), ConfigError);
    EXPECT_TRUE(requests.empty());
}

TEST_F(RunTools, MessagesBehindCallsWithoutResultsAreRefused) {
    request.messages.push_back(
        calls_of({call_of("a", "time"), call_of("b", "time")}).choices[0].message);
    request.messages.push_back(Message::tool("a", "noon"));
    request.messages.push_back(Message::user("?"));
    EXPECT_STREQ(error_of<ConfigError>([&] { (void)run(); }).what(),
                 "messages[1] calls tools without results: run it before messages are added");
    EXPECT_TRUE(requests.empty());
    EXPECT_TRUE(called.empty());
}

TEST_F(RunTools, ToolsThatCannotBeCalledAreRefused) {
    const auto refused = [&](CallableTool tool) {
        tools = {ToolsFixture::tool("time"), std::move(tool)};
        return std::string(error_of<ConfigError>([&] { (void)run(); }).what());
    };
    EXPECT_EQ(refused(tool("")), "a tool has no name");
    EXPECT_EQ(refused(tool("time")), R"(there are two tools called "time")");
    const std::string no_function = R"(the tool "weather" has no function)";
    EXPECT_EQ(refused(CallableTool::function("weather", "", {}, nullptr)), no_function);
    EXPECT_EQ(refused(CallableTool::custom("weather", "", {}, nullptr)), no_function);
    request.tools = {Tool::function("weather", "")};
    EXPECT_EQ(refused(tool("weather")), R"(there are two tools called "weather")");
    EXPECT_TRUE(requests.empty());
}

}  // namespace
}  // namespace cloud_backend::test
