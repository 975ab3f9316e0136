#include "../support/call_fixture.hpp"

#include <cloud_backend/anthropic.hpp>
#include <cloud_backend/backend_error.hpp>
#include <cloud_backend/callable_backend.hpp>
#include <cloud_backend/chat_stream.hpp>
#include <cloud_backend/openai.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

// Streams that are pulled.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

std::string events(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += content_event(".");
    return text;
}

const std::string stop = R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
                         "\n\ndata: [DONE]\n\n";

class PulledStream : public ::testing::Test {
protected:
    std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();
    ClientOptions options = fake_options(network);
    const ChatRequest request{.model = "m", .messages = {Message::user("ping")}};

    ChatStream stream(const CallOptions& call_options = {}) {
        return create_openai_backend(options)->stream(request, call_options);
    }
};

TEST_F(PulledStream, GivesItsChunksAndThenTheWhole) {
    network->expect(Exchange::answer(200, content_event("one") + content_event(" two") + stop));
    ChatStream pulled = stream();
    std::vector<std::string> texts;
    for (const ChatChunk& chunk : pulled) texts.emplace_back(chunk.content());
    EXPECT_EQ(texts, (std::vector<std::string>{"one", " two", ""}));
    EXPECT_EQ(pulled.completion().content(), "one two");
    EXPECT_EQ(pulled.completion().finish_reason(), "stop");
    EXPECT_EQ(pulled.completion().metadata.attempts.size(), 1u);
}

TEST_F(PulledStream, MayBeATemporary) {
    network->expect(Exchange::answer(200, content_event("one") + stop));
    std::string text;
    for (const ChatChunk& chunk : create_openai_backend(options)->stream(ChatRequest(request))) {
        text += chunk.content();
    }
    EXPECT_EQ(text, "one");
}

TEST_F(PulledStream, FetchesNothingThatIsNotAskedFor) {
    int arrived = 0;
    const auto arrival = [&] { ++arrived; };
    network->expect(Exchange()
                        .sent()
                        .head(200)
                        .also(arrival)
                        .body(content_event("one") + content_event("two"))
                        .also(arrival)
                        .body(content_event("three"))
                        .body(stop)
                        .finish());
    ChatStream pulled = stream();
    EXPECT_EQ(network->requests.size(), 0u);
    auto chunk = pulled.begin();
    EXPECT_EQ(chunk->content(), "one");
    ++chunk;
    EXPECT_EQ(chunk->content(), "two");
    EXPECT_EQ(arrived, 1);
    ++chunk;
    EXPECT_EQ(chunk->content(), "three");
    EXPECT_EQ(arrived, 2);
}

TEST_F(PulledStream, HoldsTheServerUpWhenEnoughHasCome) {
    network->expect(Exchange()
                        .sent()
                        .head(200)
                        .body(events(100))
                        .body(content_event("two"))
                        .body(events(100) + stop)
                        .finish());
    ChatStream pulled = stream();
    auto chunk = pulled.begin();
    EXPECT_EQ(network->paused, 1u);
    std::size_t chunks = 0;
    for (; chunk != ChatStream::end(); ++chunk) ++chunks;
    EXPECT_EQ(chunks, 202u);
    EXPECT_EQ(network->paused, 2u);
    EXPECT_EQ(network->aborted, 0u);
}

TEST_F(PulledStream, IsCancelledWhileItHoldsTheServerUp) {  // T1
    network->expect(Exchange().sent().head(200).body(events(100)).body(stop).finish());
    std::stop_source cancel;
    ChatStream pulled = stream({.stop = cancel.get_token()});
    auto chunk = pulled.begin();
    EXPECT_EQ(network->paused, 1u);
    cancel.request_stop();
    EXPECT_THROW(++chunk, CancelledError);
    EXPECT_EQ(network->aborted, 1u);
}

TEST_F(PulledStream, KeepsItsConnectionHoweverSlowlyItIsRead) {  // T10
    network->expect(
        Exchange().sent().head(200).body(content_event("one") + stop).after(50ms).finish());
    for ([[maybe_unused]] const ChatChunk& chunk : stream()) network->advance(1h);
    EXPECT_EQ(network->aborted, 0u);
}

TEST_F(PulledStream, WaitsNoLongerThanOthersForTheEndOfItsConnection) {  // T10
    network->expect(Exchange().sent().head(200).body(content_event("one") + stop));
    for ([[maybe_unused]] const ChatChunk& chunk : stream()) network->advance(1h);
    EXPECT_EQ(network->aborted, 1u);
}

TEST_F(PulledStream, IsReadToItsEndByWhoeverAsksForTheWhole) {
    network->expect(Exchange::answer(200, content_event("one") + content_event(" two") + stop));
    ChatStream pulled = stream();
    EXPECT_EQ(pulled.begin()->content(), "one");
    EXPECT_EQ(pulled.completion().content(), "one two");
    EXPECT_TRUE(pulled.begin() == ChatStream::end());
}

TEST_F(PulledStream, GoesOnWhereAnotherLoopLeftOff) {
    network->expect(Exchange::answer(200, content_event("one") + content_event(" two") + stop));
    ChatStream pulled = stream();
    for ([[maybe_unused]] const ChatChunk& chunk : pulled) break;
    std::string text;
    for (const ChatChunk& chunk : pulled) text += chunk.content();
    EXPECT_EQ(text, "one two");
}

TEST_F(PulledStream, IsCancelledByWhoeverLeavesIt) {
    std::vector<AttemptInfo> attempts;
    options.hooks.on_attempt_finished = [&](const CallInfo&, const AttemptInfo& attempt) {
        attempts.push_back(attempt);
    };
    options.health = std::make_shared<EndpointHealth>();
    network->expect(Exchange().sent().head(200).body(content_event("one")).after(1s).body(stop));
    for ([[maybe_unused]] const ChatChunk& chunk : stream()) break;
    EXPECT_EQ(network->aborted, 1u);
    ASSERT_EQ(attempts.size(), 1u);
    EXPECT_EQ(attempts[0].end, AttemptEnd::ended_by_caller);
    const auto counters = options.health->breaker().snapshot(network->now()).counters;
    EXPECT_EQ(counters.failures, 0u);
    EXPECT_EQ(counters.successes, 0u);
}

TEST_F(PulledStream, ThatNobodyReadsSendsNothing) {
    (void)stream();
    EXPECT_EQ(network->requests.size(), 0u);
}

TEST_F(PulledStream, IsHeldUpByNoLimitWhileItsReaderIsAway) {  // T5
    options.timeouts = {.first_byte = 1s, .idle = 1s, .content_idle = 1s};
    options.deadline = 3s;
    network->expect(Exchange()
                        .sent()
                        .after(900ms)
                        .head(200)
                        .body(content_event("one"))
                        .after(900ms)
                        .body(content_event("two"))
                        .after(900ms)
                        .body(stop)
                        .finish());
    ChatStream pulled = stream();
    network->advance(1h);
    std::string text;
    for (const ChatChunk& chunk : pulled) {
        text += chunk.content();
        network->advance(1h);
    }
    EXPECT_EQ(text, "onetwo");
}

TEST_F(PulledStream, TimesOutWhenTheServerIsSilentWhileItIsRead) {
    options.timeouts.idle = 1s;
    network->expect(Exchange().sent().head(200).body(content_event("one")));
    ChatStream pulled = stream();
    auto chunk = pulled.begin();
    network->advance(1h);
    const auto error = error_of<TimeoutError>([&] { ++chunk; });
    EXPECT_EQ(error.limit(), TimeLimit::idle);
    EXPECT_EQ(error.partial()->content(), "one");
}

TEST_F(PulledStream, ThrowsWhatTheCallEndsWithAfterWhatHadCome) {
    network->expect(Exchange()
                        .sent()
                        .head(200)
                        .body(content_event("one") + content_event("two"))
                        .fail(TransferFault::interrupted));
    ChatStream pulled = stream();
    std::string text;
    const auto error = error_of<ConnectionError>([&] {
        for (const ChatChunk& chunk : pulled) text += chunk.content();
    });
    EXPECT_EQ(text, "onetwo");
    EXPECT_EQ(error.partial()->content(), "onetwo");
    EXPECT_THROW((void)pulled.completion(), ConnectionError);
    EXPECT_THROW((void)pulled.begin(), ConnectionError);
}

TEST_F(PulledStream, IsRetriedAsLongAsNothingHasCome) {
    network->expect(Exchange::answer(503, ""))
        .expect(Exchange::answer(200, content_event("one") + stop));
    ChatStream pulled = stream();
    EXPECT_EQ(pulled.completion().content(), "one");
    EXPECT_EQ(pulled.completion().metadata.attempts.size(), 2u);
}

TEST_F(PulledStream, IsNotBegunWithARequestThatMustNotBeSent) {
    ChatRequest wrong = request;
    wrong.extra = nlohmann::json{{"stream", false}};
    const auto backend = create_openai_backend(options);
    EXPECT_THROW((void)backend->stream(wrong), ConfigError);
    EXPECT_THROW((void)backend->stream(request, {.headers = {{"a", "b\n"}}}), ConfigError);
}

TEST_F(PulledStream, GivesNothingOnceItIsCancelled) {  // T1
    network->expect(Exchange()
                        .sent()
                        .head(200)
                        .body(content_event("one") + content_event("two"))
                        .after(1s)
                        .body(stop));
    std::stop_source cancel;
    ChatStream pulled = stream({.stop = cancel.get_token()});
    auto chunk = pulled.begin();
    cancel.request_stop();
    EXPECT_THROW(++chunk, CancelledError);
}

TEST_F(PulledStream, OutlivesItsBackend) {
    network->expect(
        Exchange().sent().head(200).body(content_event("one")).after(1s).body(stop).finish());
    auto backend = create_openai_backend(options);
    ChatStream pulled = backend->stream(request);
    EXPECT_EQ(pulled.begin()->content(), "one");
    backend.reset();
    EXPECT_EQ(pulled.completion().content(), "one");
}

TEST_F(PulledStream, SpeaksAnthropicsProtocolToo) {
    network->expect(Exchange::answer(
        200,
        "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"role\":\"assistant\"}}\n\n"
        "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
        "\"text\":\"\"}}\n\n"
        "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
        "\"text\":\"pong\"}}\n\n"
        "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n"
        "data: {\"type\":\"message_stop\"}\n\n"));
    ChatStream pulled = create_anthropic_backend(options)->stream({.model = "m", .max_tokens = 9});
    std::string text;
    for (const ChatChunk& chunk : pulled) text += chunk.content();
    EXPECT_EQ(text, "pong");
    EXPECT_EQ(pulled.completion().finish_reason(), "stop");
}

// --- backends whose calls block -----------------------------------------------------------------

ChatChunk chunk_of(std::string text) {
    return {.choices = {{.delta = {.content = std::move(text)}}}};
}

constexpr int many = 1'000;

TEST(PulledFromABlockingCall, GivesItsChunksAndThenTheWhole) {
    CallableBackend backend([](const ChatRequest&, const ChunkCallback& give, const CallOptions&) {
        for (int i = 0; i < many; ++i) (void)give(chunk_of("."));
    });
    ChatStream pulled = backend.stream({});
    int chunks = 0;
    for (const ChatChunk& chunk : pulled) chunks += chunk.content() == ".";
    EXPECT_EQ(chunks, many);
    EXPECT_EQ(pulled.completion().content(), std::string(many, '.'));
}

TEST(PulledFromABlockingCall, HoldsTheCallUpThatNobodyReads) {
    std::atomic<int> given = 0;
    CallableBackend backend([&](const ChatRequest&, const ChunkCallback& give, const CallOptions&) {
        while (give(chunk_of("."))) ++given;
    });
    {
        ChatStream pulled = backend.stream({});
        EXPECT_EQ(pulled.begin()->content(), ".");
    }
    EXPECT_GT(given, 0);
    EXPECT_LT(given, many);
}

TEST(PulledFromABlockingCall, ThrowsWhatTheCallThrew) {
    CallableBackend backend([](const ChatRequest&, const ChunkCallback& give, const CallOptions&) {
        (void)give(chunk_of("one"));
        throw std::runtime_error("out of memory");
    });
    ChatStream pulled = backend.stream({});
    auto chunk = pulled.begin();
    EXPECT_EQ(chunk->content(), "one");
    EXPECT_EQ(error_of<BackendError>([&] { ++chunk; }).partial()->content(), "one");
}

TEST(PulledFromABlockingCall, GivesNothingOnceItIsCancelled) {
    std::stop_source cancel;
    CallableBackend backend([&](const ChatRequest&, const ChunkCallback& give, const CallOptions&) {
        while (give(chunk_of("."))) continue;
    });
    ChatStream pulled = backend.stream({}, {.stop = cancel.get_token()});
    auto chunk = pulled.begin();
    cancel.request_stop();
    EXPECT_THROW(while (chunk != ChatStream::end())++ chunk, CancelledError);
}

}  // namespace
}  // namespace cloud_backend::test
