#include "call_fixture.hpp"
#include "scripted_backend.hpp"
#include "told_stream.hpp"

#include <cloud_backend/callable_backend.hpp>
#include <cloud_backend/stream_events.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cloud_backend::test {
namespace {

using Log = std::vector<std::string>;

ChatChunk chunk_of(Delta delta, std::string finish_reason = {}, int choice = 0) {
    return {.choices = {{.index = choice,
                         .delta = std::move(delta),
                         .finish_reason = std::move(finish_reason)}}};
}

ChatChunk chunk_of(std::initializer_list<ToolCallDelta> calls, std::string finish_reason = {}) {
    return chunk_of(Delta{.tool_calls = calls}, std::move(finish_reason));
}

class StreamEventsTest : public ::testing::Test {
protected:
    ToldStream told{};
    const ChatRequest request{.model = "m", .messages = {Message::user("ping")}};

    /// What a stream of these chunks tells, to its good end.
    Log events_of(const std::vector<ChatChunk>& chunks) {
        StreamEvents events(told.handlers());
        for (const ChatChunk& chunk : chunks) events(chunk);
        events.finish();
        return told.log;
    }
};

TEST_F(StreamEventsTest, TextIsToldByItsKindAndItsChoice) {
    EXPECT_EQ(events_of({chunk_of({.role = Role::assistant}), chunk_of({.reasoning = "hm"}),
                         chunk_of({.content = "one"}, {}, 1), chunk_of({.content = "two"}),
                         chunk_of({.refusal = "no"}, "stop", 1), chunk_of({}, "length")}),
              (Log{"0 reasoning hm", "1 content one", "0 content two", "1 refusal no",
                   "1 finish stop", "0 finish length"}));
}

TEST_F(StreamEventsTest, ACallIsStartedGainsItsArgumentsAndIsDone) {
    EXPECT_EQ(events_of({chunk_of({{.index = 0, .id = "a", .name = "f"}}),
                         chunk_of({{.index = 0, .arguments = "{\"x\""}}),
                         chunk_of({{.index = 0, .arguments = ":1}"}}), chunk_of({}, "tool_calls")}),
              (Log{"0 started[0] a:f", "0 arguments[0] {\"x\"", "0 arguments[0] :1}",
                   "0 done[0] {\"x\":1}", "0 finish tool_calls"}));
}

TEST_F(StreamEventsTest, AWholeCallIsDoneWhenTheNextStarts) {
    EXPECT_EQ(events_of({chunk_of({{.index = 0, .id = "a", .name = "f", .arguments = "{}"}}),
                         chunk_of({{.index = 1, .id = "b", .name = "g", .arguments = "{"}}),
                         chunk_of({{.index = 1, .arguments = "}"}}), chunk_of({}, "tool_calls")}),
              (Log{"0 started[0] a:f", "0 arguments[0] {}", "0 done[0] {}", "0 started[1] b:g",
                   "0 arguments[1] {", "0 arguments[1] }", "0 done[1] {}", "0 finish tool_calls"}));
}

TEST_F(StreamEventsTest, CallsWrittenInTurnsAreDoneWhenTheChoiceFinishes) {
    EXPECT_EQ(events_of({chunk_of({{.index = 0, .id = "a", .name = "f", .arguments = "{"},
                                   {.index = 1, .id = "b", .name = "g", .arguments = "{"}}),
                         chunk_of({{.index = 0, .arguments = "}"}, {.index = 1, .arguments = "}"}},
                                  "tool_calls")}),
              (Log{"0 started[0] a:f", "0 arguments[0] {", "0 started[1] b:g", "0 arguments[1] {",
                   "0 arguments[0] }", "0 arguments[1] }", "0 done[0] {}", "0 done[1] {}",
                   "0 finish tool_calls"}));
}

TEST_F(StreamEventsTest, ACallThatIsCutIsNotDone) {
    for (const char* reason : {"length", "model_length", "content_filter"}) {
        told = {};
        EXPECT_EQ(
            events_of({chunk_of({{.index = 0, .id = "a", .name = "f", .arguments = "{"}}, reason)}),
            (Log{"0 started[0] a:f", "0 arguments[0] {", std::string("0 finish ") + reason}));
    }
}

TEST_F(StreamEventsTest, AWholeCallOfAnAnswerThatIsCutIsDone) {
    EXPECT_EQ(events_of({chunk_of({{.index = 0, .id = "a", .name = "f", .arguments = "{}"},
                                   {.index = 1, .id = "b", .name = "g"}},
                                  "length")}),
              (Log{"0 started[0] a:f", "0 arguments[0] {}", "0 done[0] {}", "0 started[1] b:g",
                   "0 finish length"}));
}

TEST_F(StreamEventsTest, ACallStartsWhenItsNameIsKnown) {
    EXPECT_EQ(events_of({chunk_of({{.index = 0, .id = "a", .arguments = "{"}}),
                         chunk_of({{.index = 0, .arguments = "}"}}),
                         chunk_of({{.index = 0, .name = "f", .arguments = " "}})}),
              (Log{"0 started[0] a:f", "0 arguments[0] {} ", "0 done[0] {} "}));
}

TEST_F(StreamEventsTest, ACallWithoutANameStartsAtItsEnd) {
    EXPECT_EQ(
        events_of({chunk_of({{.index = 0, .id = "a", .arguments = "{}"}}),
                   chunk_of({{.index = 1, .id = "b", .name = "g"}}), chunk_of({}, "tool_calls")}),
        (Log{"0 started[1] b:g", "0 started[0] a:", "0 arguments[0] {}", "0 done[0] {}",
             "0 done[1] ", "0 finish tool_calls"}));
}

TEST_F(StreamEventsTest, ADoneCallIsWhole) {
    events_of({chunk_of({{.name = "f", .arguments = "{"}}),
               chunk_of({{.id = "late",
                          .function_extra = RawJson::trusted(R"({"f":2})"),
                          .extra = RawJson::trusted(R"({"k":1})")}}),
               chunk_of({{.arguments = "}"}})});
    const auto& done = told.choices.at(0).calls.at(0).done;
    ASSERT_TRUE(done);
    expect_same_call(*done, {.id = "late",
                             .type = "function",
                             .name = "f",
                             .arguments = "{}",
                             .function_extra = RawJson::trusted(R"({"f":2})"),
                             .extra = RawJson::trusted(R"({"k":1})")});
}

TEST_F(StreamEventsTest, WhatIsAddedToADoneCallIsNotTold) {
    EXPECT_EQ(events_of({chunk_of({{.index = 0, .id = "a", .name = "f", .arguments = "{}"},
                                   {.index = 1, .id = "b", .name = "g", .arguments = "{}"}}),
                         chunk_of({{.index = 0, .arguments = " "}}, "tool_calls"),
                         chunk_of({{.index = 1, .arguments = " "}})}),
              (Log{"0 started[0] a:f", "0 arguments[0] {}", "0 done[0] {}", "0 started[1] b:g",
                   "0 arguments[1] {}", "0 done[1] {}", "0 finish tool_calls"}));
}

TEST_F(StreamEventsTest, TheFirstFinishReasonIsTold) {  // A5
    EXPECT_EQ(events_of({chunk_of({}, "stop"), chunk_of({}, "length")}), (Log{"0 finish stop"}));
}

TEST_F(StreamEventsTest, UsageIsToldAsOftenAsItComes) {  // A6
    ChatChunk last = chunk_of({.content = "one"}, "stop");
    last.usage = Usage{.total_tokens = 2};
    EXPECT_EQ(events_of({{.usage = Usage{.total_tokens = 1}}, last}),
              (Log{"usage 1", "0 content one", "0 finish stop", "usage 2"}));
}

TEST_F(StreamEventsTest, CallsOfAChoiceThatGaveNoReasonAreDoneAtTheEnd) {  // Ollama
    EXPECT_EQ(events_of({chunk_of({{.id = "a", .name = "f"}})}),
              (Log{"0 started[0] a:f", "0 done[0] "}));
}

TEST_F(StreamEventsTest, AfterTheFinishAnotherStreamBegins) {
    Log names;
    StreamEvents events({.on_tool_call_done = [&](const ToolCallDoneEvent& event) {
        EXPECT_EQ(event.position, 0u);
        names.push_back(event.call.name + event.call.arguments);
    }});
    for (const char* const name : {"f", "g"}) {
        events(chunk_of({{.index = 0, .name = name, .arguments = "{}"}}));
        events.finish();
    }
    EXPECT_EQ(names, (Log{"f{}", "g{}"}));
}

TEST_F(StreamEventsTest, WithoutHandlersNothingIsTold) {
    StreamEvents events({});
    events(chunk_of({{.id = "a", .name = "f", .arguments = "{}"}}, "tool_calls"));
    events(chunk_of({.content = "a", .reasoning = "b", .refusal = "c"}));
    events({.usage = Usage{}});
    events.finish();
}

TEST_F(StreamEventsTest, OnlyAReferenceCanBeGivenToABackend) {
    static_assert(!std::is_copy_constructible_v<StreamEvents>, "a callback is copied");
    static_assert(std::is_constructible_v<ChunkCallback, std::reference_wrapper<StreamEvents>>);
}

TEST_F(StreamEventsTest, AnyBackendTellsThem) {
    CallableBackend whole([](const ChatRequest& asked, const CallOptions& options) {
        EXPECT_EQ(asked.model, "m");
        EXPECT_EQ(options.idempotency_key, "key");
        ChatCompletion answer = completion_of("one");
        answer.choices[0].message.tool_calls = {{.id = "a", .name = "f", .arguments = "{}"},
                                                {.id = "b", .name = "f", .arguments = "[]"}};
        return answer;
    });
    const auto answer = stream_events(whole, request, told.handlers(), {.idempotency_key = "key"});
    expect_same(told, answer);
    EXPECT_EQ(told.log.size(), 8u);
}

TEST_F(StreamEventsTest, AnErrorMakesNoCallDone) {
    ScriptedBackend broken([](const ChunkCallback& on_chunk) -> ChatCompletion {
        EXPECT_TRUE(on_chunk(chunk_of({{.id = "a", .name = "f", .arguments = "{}"}})));
        throw StreamTruncatedError(ErrorDetails{.code = ErrorCode::stream_truncated});
    });
    EXPECT_THROW((void)stream_events(broken, request, told.handlers()), StreamTruncatedError);
    EXPECT_EQ(told.log, (Log{"0 started[0] a:f", "0 arguments[0] {}"}));
}

TEST_F(StreamEventsTest, ExceptionsOfHandlersPassUnchanged) {  // T7
    CallableBackend local(
        [](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            EXPECT_TRUE(on_chunk(chunk_of({{.name = "f"}})));
            (void)on_chunk(content_chunk_of("one"));
            ADD_FAILURE() << "went on";
        });
    auto handlers = told.handlers();
    handlers.on_content = [](const TextEvent&) { throw std::out_of_range("mine"); };
    EXPECT_THROW((void)stream_events(local, request, handlers), std::out_of_range);
    EXPECT_EQ(told.log, (Log{"0 started[0] :f"}));
}

TEST_F(StreamEventsTest, AHandlerCanCancelTheCall) {
    CallableBackend local(
        [](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            EXPECT_TRUE(on_chunk(chunk_of({{.name = "f"}})));
            EXPECT_TRUE(on_chunk(content_chunk_of("one")));
            EXPECT_FALSE(on_chunk(content_chunk_of("two")));
        });
    std::stop_source stop;
    auto handlers = told.handlers();
    handlers.on_content = [&](const TextEvent&) { stop.request_stop(); };
    const auto error = error_of<CancelledError>(
        [&] { (void)stream_events(local, request, handlers, {.stop = stop.get_token()}); });
    ASSERT_NE(error.partial(), nullptr);
    EXPECT_EQ(error.partial()->content(), "one");
    EXPECT_EQ(told.log, (Log{"0 started[0] :f"}));
}

TEST_F(StreamEventsTest, ACallbackThatPassesChunksOnCanStopTheStream) {
    CallableBackend local(
        [](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            EXPECT_FALSE(on_chunk(content_chunk_of("one")));
        });
    StreamEvents events(told.handlers());
    const auto answer = local.chat_completion(request, [&](const ChatChunk& chunk) {
        events(chunk);
        return false;
    });
    EXPECT_EQ(answer.content(), "one");
    EXPECT_EQ(told.log, (Log{"0 content one"}));
}

}  // namespace
}  // namespace cloud_backend::test
