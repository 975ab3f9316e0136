#include "../support/anthropic_events.hpp"
#include "../support/call_fixture.hpp"

#include <cloud_backend/anthropic.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/openai.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

// Backends of two protocols behind one router: either continues what the other began.
namespace cloud_backend::test {
namespace {

constexpr const char* openai_answer =
    R"({"choices":[{"message":{"role":"assistant","content":"of OpenAI"},"finish_reason":"stop"}]})";
constexpr const char* anthropic_answer =
    R"({"type":"message","stop_reason":"end_turn","content":[)"
    R"({"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"of Anthropic"}]})";

class TwoProtocols : public ::testing::Test {
protected:
    std::shared_ptr<FakeTransport> to_openai = std::make_shared<FakeTransport>();
    std::shared_ptr<FakeTransport> to_anthropic = std::make_shared<FakeTransport>();
    FallbackRouter router{{{"openai", create_openai_backend(without_retries(to_openai))},
                           {"anthropic", create_anthropic_backend(without_retries(to_anthropic))}}};
    ChatRequest chat{.model = "m", .messages = {Message::system("Be brief."), Message::user("hi")}};

    static ClientOptions without_retries(const std::shared_ptr<FakeTransport>& network) {
        ClientOptions options = fake_options(network);
        options.retry.max_retries = 0;
        return options;
    }
    static nlohmann::json messages_sent(const FakeTransport& network) {
        return nlohmann::json::parse(network.requests.back().body).at("messages");
    }
};

TEST_F(TwoProtocols, OneContinuesWhatTheOtherBegan) {
    to_openai->expect(Exchange::answer(503, ""));
    to_anthropic->expect(Exchange::answer(200, anthropic_answer));
    const auto first = router.chat_completion(chat);
    EXPECT_EQ(first.content(), "of Anthropic");
    EXPECT_EQ(first.finish_reason(), "stop");

    chat.messages.push_back(first.choices.at(0).message);
    chat.messages.push_back(Message::user("and?"));
    to_openai->expect(Exchange::answer(200, openai_answer));
    EXPECT_EQ(router.chat_completion(chat).content(), "of OpenAI");
    EXPECT_EQ(messages_sent(*to_openai).at(2),
              nlohmann::json::parse(R"({"role":"assistant","content":"of Anthropic"})"))
        << "what is Anthropic's own stays there";

    to_openai->expect(Exchange::answer(503, ""));
    to_anthropic->expect(Exchange::answer(200, anthropic_answer));
    (void)router.chat_completion(chat);
    EXPECT_EQ(messages_sent(*to_anthropic).at(1).at("content").at(0).at("signature"), "s");
}

TEST_F(TwoProtocols, AStreamIsTakenOverByTheOther) {
    to_openai->expect(Exchange::answer(503, ""));
    to_anthropic->expect(Exchange::answer(200, anthropic::joined(anthropic::two_words())));
    std::string text;
    const auto answer =
        router.chat_completion(chat, [&](const ChatChunk& chunk) { text += chunk.content(); });
    EXPECT_EQ(text, "one two");
    EXPECT_EQ(answer.content(), "one two");
}

TEST_F(TwoProtocols, AnAccountWithoutMoneyIsNoReasonToGiveUp) {  // F2, R3
    FallbackRouter anthropic_first{
        {{"anthropic", create_anthropic_backend(without_retries(to_anthropic))},
         {"openai", create_openai_backend(without_retries(to_openai))}}};
    to_anthropic->expect(Exchange::answer(
        400, R"({"type":"error","error":{"type":"invalid_request_error",)"
             R"("message":"Your credit balance is too low to access the Anthropic API."}})"));
    to_openai->expect(Exchange::answer(200, openai_answer));
    EXPECT_EQ(anthropic_first.chat_completion(chat).content(), "of OpenAI");
}

}  // namespace
}  // namespace cloud_backend::test
