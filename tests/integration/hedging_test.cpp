#include "../support/backend_fixture.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

// A slow service and a quick one.
namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;

class Hedging : public ::testing::Test {
protected:
    static constexpr std::size_t enough_samples = 20;

    EmbeddedServer slow{};
    EmbeddedServer quick{};
    std::shared_ptr<ChatBackend> primary = create_openai_backend(quick_options(slow.url()));
    std::shared_ptr<ChatBackend> secondary = create_openai_backend(quick_options(quick.url()));
    HedgedBackend both{{.name = "slow", .backend = primary},
                       {.name = "quick", .backend = secondary}};

    /// The answer's head and the chunk with the role, and no more.
    void stall() {
        const auto events = three_word_events();
        const std::string content = content_chunk("one");
        const auto answer = Answer::stream({events[0], content});
        slow.enqueue(answer.cut_after(answer.wire().find(content) - 1).then_stall());
    }
    void expect_hedge(const ChatCompletion& answer) {
        EXPECT_EQ(answer.content(), "one two three");
        EXPECT_EQ(answer.metadata.backend, "quick");
        ASSERT_EQ(answer.metadata.failures.size(), 1u);
        EXPECT_EQ(answer.metadata.failures[0].backend, "slow");
        EXPECT_EQ(answer.metadata.failures[0].error->code, ErrorCode::cancelled);
        EXPECT_TRUE(slow.wait_until([this] { return slow.open_connections() == 0; }));
        EXPECT_EQ(slow.request_count(), enough_samples + 1);
        EXPECT_EQ(quick.request_count(), 1u);
    }
};

TEST_F(Hedging, AStreamThatSaysNothingIsCancelledForOneThatDoes) {
    std::string streamed;
    const auto stream = [&](const ChatChunk& chunk) { streamed += chunk.content(); };
    for (std::size_t i = 0; i < enough_samples; ++i) {
        slow.enqueue(Answer::stream(with_done(three_word_events())));
        EXPECT_EQ(both.chat_completion(ask(), stream).metadata.backend, "slow");
    }
    EXPECT_EQ(quick.request_count(), 0u);
    streamed.clear();
    stall();
    quick.enqueue(Answer::stream(with_done(three_word_events())));
    const ChatCompletion answer = both.chat_completion(ask(), stream);
    EXPECT_EQ(streamed, "one two three");
    expect_hedge(answer);
}

TEST_F(Hedging, APlainCallIsAnsweredByTheQuickerOne) {
    const auto reply = [] {
        return Answer::json(200, R"({"choices":[{"index":0,"finish_reason":"stop","message":)"
                                 R"({"role":"assistant","content":"one two three"}}]})");
    };
    for (std::size_t i = 0; i < enough_samples; ++i) {
        slow.enqueue(reply());
        EXPECT_EQ(both.chat_completion_future(ask()).get().metadata.backend, "slow");
    }
    EXPECT_EQ(quick.request_count(), 0u);
    slow.enqueue(reply().cut_after(reply().wire().size() - 1).then_stall());
    quick.enqueue(reply());
    expect_hedge(both.chat_completion_future(ask()).get());
}

// --- callers that take their time ---------------------------------------------------------------

TEST_F(Hedging, ACallbackMayMakeAnotherCall) {
    slow.enqueue(Answer::stream(with_done(three_word_events())));
    slow.enqueue(Answer::stream(with_done(three_word_events())));
    std::string inner;
    (void)both.chat_completion(ask(), [&](const ChatChunk& chunk) {
        if (chunk.content() != "one") return;
        const auto stream = [](const ChatChunk&) {};
        inner = both.chat_completion(ask(), stream).content();
    });
    EXPECT_EQ(inner, "one two three");
}

TEST_F(Hedging, AStreamThatIsNotReadHoldsUpNoOther) {
    const std::vector<std::string> more_than_are_held(1'000, content_chunk("x"));
    slow.enqueue(Answer::stream(with_done(more_than_are_held)));
    const ChatStream unread = both.stream(ask());
    ASSERT_TRUE(slow.wait_until([this] { return slow.request_count() == 1; }));
    slow.enqueue(Answer::stream(with_done(three_word_events())));
    std::string read;
    for (const ChatChunk& chunk : both.stream(ask())) read += chunk.content();
    EXPECT_EQ(read, "one two three");
}

}  // namespace
}  // namespace cloud_backend::test
