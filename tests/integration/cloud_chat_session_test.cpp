#include "cloud_chat_program.hpp"
#include "program_answers.hpp"

#include <embedded_server.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <thread>

namespace cloud_backend::test {

namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using nlohmann::json;

TEST(CloudChatInterrupt, CtrlCEndsTheAnswerAndKeepsWhatCame) {
    EmbeddedServer server;
    server.enqueue(two_words_of_three().then_stall());
    CloudChat program({"--base-url", server.url(), "ping"});
    ASSERT_TRUE(program.prints("one two"));
    program.interrupt();
    EXPECT_EQ(program.exit_status(), 130);
    EXPECT_EQ(program.output(), "one two\n");
    EXPECT_EQ(program.errors(), "cloud-chat: interrupted\n");
}

TEST(CloudChatInterrupt, CtrlCEndsTheWaitForAPromptFromAPipe) {
    CloudChat program({"--embedded"});
    program.type("begun");
    ASSERT_TRUE(program.reads_all_input());
    program.interrupt();
    EXPECT_EQ(program.exit_status(), 130);
}

TEST(CloudChatInterrupt, CtrlCAgainEndsAProgramThatCannotWrite) {
    const std::string long_word(1 << 20, 'a');
    EmbeddedServer server;
    server.enqueue(
        Answer::stream(with_done({content_chunk(long_word), chunk_json("{}", R"("stop")")})));
    CloudChat program({"--base-url", server.url(), "ping"});
    const auto deadline = std::chrono::steady_clock::now() + CloudChat::patience;
    while (program.unread_output() == 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(program.exit_status_when_interrupted(), 130);
}

TEST(CloudChatAtTerminal, CtrlCKeepsTheSessionAndItsHistory) {
    EmbeddedServer server;
    server.enqueue(two_words_of_three().then_stall());
    auto program = CloudChat::at_terminal({"--base-url", server.url()});
    ASSERT_TRUE(program.prints("> "));
    program.type("count\n");
    ASSERT_TRUE(program.prints("one two")) << program.output();
    program.type("\x03");
    ASSERT_TRUE(program.prints("cloud-chat: interrupted")) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("ping\n");
    ASSERT_TRUE(program.prints("\r\npong\r\n")) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("\x04");
    EXPECT_EQ(program.exit_status(), 0) << program.output();
    EXPECT_EQ(body_of(server, 1).at("messages"), json::parse(R"([
        {"role": "user", "content": "count"},
        {"role": "assistant", "content": "one two"},
        {"role": "user", "content": "ping"}])"));
}

TEST(CloudChatAtTerminal, AFailureEndsTheQuestionNotTheSession) {
    EmbeddedServer server;
    server.enqueue(error_answer(401, "invalid_api_key"));
    auto program = CloudChat::at_terminal({"--base-url", server.url()});
    ASSERT_TRUE(program.prints("> "));
    program.type("hello\n");
    ASSERT_TRUE(program.prints("cloud-chat: the key was not accepted: 401")) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("ping\n");
    ASSERT_TRUE(program.prints("\r\npong\r\n")) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("\x04");
    EXPECT_EQ(program.exit_status(), 0);
    EXPECT_EQ(body_of(server, 1).at("messages"),
              json::parse(R"([{"role": "user", "content": "ping"}])"));
}

TEST(CloudChatAtTerminal, CtrlCAtThePromptLeavesTheSecondTime) {
    auto program = CloudChat::at_terminal({"--embedded"});
    ASSERT_TRUE(program.prints("> "));
    program.type("\x03");
    ASSERT_TRUE(program.prints("Ctrl-C again, or Ctrl-D, leaves")) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("\x03");
    EXPECT_EQ(program.exit_status(), 0) << program.output();
}

TEST(CloudChatAtTerminal, AnAnswerCannotControlTheTerminal) {
    EmbeddedServer server;
    server.enqueue(Answer::stream(with_done(
        {content_chunk(R"(\u001b]0;owned\u0007 \u009b2J)"), chunk_json("{}", R"("stop")")})));
    auto program = CloudChat::at_terminal({"--base-url", server.url(), "ping"});
    EXPECT_EQ(program.exit_status(), 0);
    const std::string safe =
        "\xEF\xBF\xBD]0;owned\xEF\xBF\xBD \xEF\xBF\xBD"
        "2J";
    EXPECT_TRUE(contains(program.output(), safe)) << program.output();
}

}  // namespace

}  // namespace cloud_backend::test
