#include "../support/backend_fixture.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <chat_answers.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// The main job over sockets: plain and streamed chat completions.
namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;

class Chat : public ::testing::Test {
protected:
    EmbeddedServer server{};
    ClientOptions options = quick_options(server.url());
    std::string streamed{};

    ChunkCallback collect() {
        return [this](const ChatChunk& chunk) { streamed += chunk.content(); };
    }
};

TEST_F(Chat, APlainCallReturnsTheAnswer) {
    const auto answer = create_openai_backend(options)->chat_completion(ask());
    EXPECT_EQ(answer.content(), "pong");
    EXPECT_EQ(answer.finish_reason(), "stop");
    EXPECT_GT(answer.usage.value().total_tokens, 0);
    EXPECT_EQ(nlohmann::json::parse(server.requests()[0].body),
              nlohmann::json::parse(
                  R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":"ping"}]})"));
    EXPECT_EQ(server.requests()[0].header("Authorization"), "Bearer sk-test-key");
}

TEST_F(Chat, AStreamDeliversItsChunksAndReturnsTheWhole) {
    auto request = ask("tell me");
    request.stream_options = StreamOptions{.include_usage = true};
    const auto answer = create_openai_backend(options)->chat_completion(request, collect());
    EXPECT_EQ(streamed, embedded_server::reply_to("tell me"));
    EXPECT_EQ(answer.content(), streamed);
    EXPECT_EQ(answer.finish_reason(), "stop");
    EXPECT_GT(answer.usage.value().completion_tokens, 0);
    EXPECT_TRUE(answer.metadata.time_to_first_chunk);
    EXPECT_EQ(server.requests()[0].header("Accept"), "text/event-stream");
}

TEST_F(Chat, ThePassthroughKeepsTheBodysBytes) {  // SPEC 1
    const std::string body =
        R"({"zeta": 1.0, "model":"a" , "messages":[{"role":"user","content":"ping"}], "x":{"b":1,"a":2}})";
    const auto answer =
        create_openai_backend(options)->chat_completion_raw(body, {.model = "other"});
    EXPECT_EQ(
        server.requests()[0].body,
        R"({"zeta": 1.0, "model":"other" , "messages":[{"role":"user","content":"ping"}], "x":{"b":1,"a":2}})");
    EXPECT_EQ(answer.parse().at("choices").at(0).at("message").at("content"), "pong");
}

TEST_F(Chat, ThePassthroughStreamsToo) {
    const auto answer = create_openai_backend(options)->chat_completion_raw(
        R"({"model":"m","messages":[{"role":"user","content":"ping"}]})", collect());
    EXPECT_EQ(streamed, "pong");
    EXPECT_EQ(answer.content(), "pong");
    EXPECT_EQ(server.requests()[0].body,
              R"({"model":"m","messages":[{"role":"user","content":"ping"}],"stream":true})");
}

TEST_F(Chat, TwentyPlainCallsUseOneConnection) {
    const auto backend = create_openai_backend(options);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
    EXPECT_EQ(server.request_count(), 20u);
    EXPECT_EQ(server.connection_count(), 1u);
}

TEST_F(Chat, AHundredStreamsUseOneConnection) {  // T10
    const auto backend = create_openai_backend(options);
    std::size_t reused = 0;
    for (int i = 0; i < 100; ++i) {
        reused += backend->chat_completion(ask(), collect()).metadata.connection_reused ? 1U : 0U;
    }
    EXPECT_EQ(server.request_count(), 100u);
    EXPECT_EQ(server.connection_count(), 1u);
    EXPECT_EQ(reused, 99u);
}

TEST_F(Chat, AStreamCutAtEveryByteGivesTheSameChunks) {  // S2
    using namespace std::chrono_literals;
    const auto backend = create_openai_backend(options);
    const auto answer = Answer::stream(with_done(three_word_events()));
    const auto size = answer.wire().size();
    for (std::size_t cut = 1; cut < size; ++cut) {
        server.enqueue(answer.split_at(cut).pause_at(cut, 1ms));
        std::vector<std::string> chunks;
        (void)backend->chat_completion(
            ask(), [&](const ChatChunk& chunk) { chunks.emplace_back(chunk.content()); });
        ASSERT_EQ(chunks, (std::vector<std::string>{"", "one", " two", " three", ""})) << cut;
    }
    EXPECT_EQ(server.request_count(), size - 1);
}

TEST_F(Chat, AnAnswerThatIsNoStreamIsDeliveredAllTheSame) {  // E3
    server.enqueue(Answer::json(
        200, R"({"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"whole"},)"
             R"("finish_reason":"stop"}]})"));
    const auto answer = create_openai_backend(options)->chat_completion(ask(), collect());
    EXPECT_EQ(streamed, "whole");
    EXPECT_EQ(answer.content(), "whole");
}

TEST_F(Chat, AStreamMustFinishAsManyChoicesAsExtraAskedFor) {  // T4
    server.enqueue(Answer::stream(three_word_events()));
    auto request = ask();
    request.extra = nlohmann::json{{"n", 2}};
    EXPECT_THROW((void)create_openai_backend(options)->chat_completion(request, collect()),
                 StreamTruncatedError);
}

TEST_F(Chat, AStreamWithoutEndIsALocalLimit) {  // T8
    options.limits.response_body = 1'000;
    server.enqueue(Answer::stream(std::vector<std::string>(100, content_chunk("one"))));
    EXPECT_THROW((void)create_openai_backend(options)->chat_completion(ask(), collect()),
                 LimitExceededError);
}

TEST_F(Chat, ACallbackCanStopTheStream) {
    const auto backend = create_openai_backend(options);
    server.enqueue(Answer::stream(with_done(three_word_events())));
    const auto answer = backend->chat_completion(ask(), [&](const ChatChunk& chunk) {
        streamed += chunk.content();
        return streamed != "one";
    });
    EXPECT_EQ(streamed, "one");
    EXPECT_EQ(answer.content(), "one");
    EXPECT_EQ(answer.finish_reason(), "");
    EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
}

TEST_F(Chat, EightThreadsShareOneClient) {
    const auto backend = create_openai_backend(options);
    std::atomic<int> right = 0;
    using namespace std::chrono_literals;
    std::atomic<std::size_t> late = 0;  // Ends of answers; then the connection is given up (T10).
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&] {
                for (int i = 0; i < 20; ++i) {
                    std::string text;
                    auto last_chunk = Clock::now();
                    const auto answer =
                        backend->chat_completion(ask(), [&](const ChatChunk& chunk) {
                            text += chunk.content();
                            last_chunk = Clock::now();
                        });
                    if (Clock::now() - last_chunk >= 100ms) ++late;
                    if (text == "pong" && backend->chat_completion(ask()).content() == text) {
                        ++right;
                    }
                }
            });
        }
    }
    EXPECT_EQ(right, 160);
    EXPECT_EQ(server.request_count(), 320u);
    EXPECT_LE(server.connection_count(), 8u + late);
}

TEST_F(Chat, ACallbackMayMakeCallsAndDestroyTheBackend) {
    auto backend = create_openai_backend(options);
    const auto answer = backend->chat_completion(ask(), [&](const ChatChunk&) {
        if (!backend) return;
        EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
        backend.reset();
    });
    EXPECT_EQ(answer.content(), "pong");
}

}  // namespace
}  // namespace cloud_backend::test
