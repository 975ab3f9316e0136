#include "../support/anthropic_events.hpp"
#include "../support/backend_fixture.hpp"
#include "../support/call_form.hpp"

#include <cloud_backend/anthropic.hpp>
#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

// The other protocol over sockets.
namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;

class Anthropic : public ::testing::Test {
protected:
    static Answer stream(const std::vector<std::string>& events) {
        std::vector<std::string> records;
        for (const auto& event : events) records.push_back(anthropic::sse(event));
        return Answer::chunked(records,
                               {{"Content-Type", "text/event-stream"}, {"request-id", "req_1"}});
    }
    static Answer document(std::string_view body) {
        return Answer::json(200, body, {{"request-id", "req_1"}});
    }

    ChunkCallback collect() {
        return [this](const ChatChunk& chunk) { streamed += chunk.content(); };
    }
    nlohmann::json sent() const { return nlohmann::json::parse(server.requests().back().body); }

    EmbeddedServer server{};
    ClientOptions options = quick_options(server.url());
    std::string streamed{};
};

TEST_F(Anthropic, APlainCallReturnsTheAnswer) {
    server.enqueue(document(anthropic::thinking_and_tools_document));
    const auto answer = complete(*create_anthropic_backend(options), ask());
    EXPECT_EQ(answer.content(), "Looking.");
    EXPECT_EQ(answer.metadata.request_id, "req_1");
    EXPECT_EQ(answer.raw.text(), anthropic::thinking_and_tools_document);
    const auto request = server.requests().at(0);
    EXPECT_EQ(request.method + " " + request.target, "POST /v1/messages");
    EXPECT_EQ(request.header("x-api-key"), "sk-test-key");
    EXPECT_EQ(request.header("anthropic-version"), "2023-06-01");
    EXPECT_EQ(request.header("Authorization"), "");
    EXPECT_EQ(sent(), nlohmann::json::parse(R"({"model":"gpt-4o-mini","max_tokens":4096,
        "messages":[{"role":"user","content":"ping"}]})"));
}

TEST_F(Anthropic, AStreamDeliversItsChunksAndReturnsTheWhole) {
    server.enqueue(stream(anthropic::two_words()));
    const auto answer = complete(*create_anthropic_backend(options), ask(), collect());
    EXPECT_EQ(streamed, "one two");
    EXPECT_EQ(answer.content(), streamed);
    EXPECT_EQ(answer.finish_reason(), "stop");
    EXPECT_EQ(answer.usage.value().total_tokens, 22);
    EXPECT_EQ(answer.metadata.request_id, "req_1");
    EXPECT_TRUE(answer.metadata.time_to_first_chunk);
    EXPECT_TRUE(sent().at("stream").get<bool>());
}

TEST_F(Anthropic, AStreamCutInTheMiddleIsNoAnswer) {  // T4
    const auto whole = stream(anthropic::two_words());
    const auto cut = whole.wire().find("event: message_delta");
    server.enqueue(whole.cut_after(cut));
    try {
        (void)complete(*create_anthropic_backend(options), ask(), collect());
        FAIL() << "a cut answer was taken for a whole one";
    } catch (const ConnectionError& error) {  // The chunked body broke off.
        ASSERT_NE(error.partial(), nullptr);
        EXPECT_EQ(error.partial()->content(), "one two");
    }
    EXPECT_EQ(streamed, "one two");
    EXPECT_EQ(server.request_count(), 1u) << "never again once something was delivered (R7)";

    auto events = anthropic::two_words();
    events.resize(events.size() - 2);
    server.enqueue(stream(events));
    EXPECT_THROW((void)complete(*create_anthropic_backend(options), ask(), collect()),
                 StreamTruncatedError);
}

TEST_F(Anthropic, AStreamThatHasToldWhyItStoppedIsWhole) {  // T4
    const auto whole = stream(anthropic::two_words());
    server.enqueue(whole.cut_after(whole.wire().find("event: message_stop")));
    EXPECT_EQ(complete(*create_anthropic_backend(options), ask(), collect()).content(), "one two");
}

TEST_F(Anthropic, AnOverloadedServerIsAskedAgain) {  // R1
    server.enqueue(Answer::json(529, anthropic::overloaded));
    server.enqueue(stream(anthropic::two_words()));
    const auto answer = complete(*create_anthropic_backend(options), ask(), collect());
    EXPECT_EQ(streamed, "one two");
    EXPECT_EQ(answer.metadata.attempts.size(), 2u);
    EXPECT_EQ(server.request_count(), 2u);
}

TEST_F(Anthropic, AConversationWithToolsGoesRound) {  // A10
    server.enqueue(stream(anthropic::thinking_and_tools()));
    server.enqueue(stream(anthropic::two_words()));
    const auto backend = create_anthropic_backend(options);
    auto request = ask("weather?");
    request.extra = nlohmann::json{{"tools", {{{"name", "weather"}, {"input_schema", {}}}}}};
    const auto asked = complete(*backend, request, collect());
    EXPECT_EQ(asked.finish_reason(), "tool_calls");
    const Message& message = asked.choices.at(0).message;
    request.messages.push_back(message);
    for (const ToolCall& call : message.tool_calls) {
        request.messages.push_back(Message::tool(call.id, "result of " + call.name));
    }
    EXPECT_EQ(complete(*backend, request, collect()).content(), "one two");

    auto turns = sent().at("messages");
    ASSERT_EQ(turns.size(), 3u);
    EXPECT_EQ(turns[1].at("content"),
              nlohmann::json::parse(anthropic::thinking_and_tools_document).at("content"))
        << "said again as it was said, signatures included";
    EXPECT_EQ(turns[2], nlohmann::json::parse(R"({"role":"user","content":[
        {"type":"tool_result","tool_use_id":"toolu_1","content":"result of weather"},
        {"type":"tool_result","tool_use_id":"toolu_2","content":"result of time"}]})"));
}

TEST_F(Anthropic, NeitherKeyNorPromptNorAnswerIsLogged) {  // E2, E4
    constexpr std::string_view key = "sk-ant-canary-key";
    std::string log;
    options.api_key = std::string(key);
    options.log_level = LogLevel::trace;
    options.log = [&](LogLevel, std::string_view line) { log.append(line).append("\n"); };
    const auto backend = create_anthropic_backend(options);
    server.enqueue(Answer::json(529, anthropic::overloaded));
    server.enqueue(stream({anthropic::message_start, "{\"type\":\"canary-malformed",
                           anthropic::text_delta("canary-answer"), anthropic::message_delta(),
                           anthropic::message_stop}));
    (void)complete(*backend, ask("canary-prompt"), collect());
    EXPECT_EQ(streamed, "canary-answer");
    server.enqueue(Answer::json(401, R"({"type":"error","error":{"type":"authentication_error",)"
                                     R"("message":"invalid x-api-key sk-ant-canary-key"}})"));
    try {
        (void)complete(*backend, ask("canary-prompt"));
        FAIL() << "401 is an error";
    } catch (const AuthenticationError& error) {
        EXPECT_EQ(std::string_view(error.what()).find(key), std::string_view::npos) << error.what();
        EXPECT_EQ(error.body().find(key), std::string::npos);
    }
    EXPECT_EQ(server.requests().back().header("x-api-key"), key);
    EXPECT_FALSE(log.empty());
    EXPECT_EQ(log.find("canary"), std::string::npos) << log;
}

}  // namespace
}  // namespace cloud_backend::test
