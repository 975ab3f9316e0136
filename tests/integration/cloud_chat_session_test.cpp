#include "cloud_chat_program.hpp"
#include "program_answers.hpp"
#include "temporary_directory.hpp"

#include <embedded_server.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <latch>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cloud_backend::test {

namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using nlohmann::json;

TEST(CloudChatInterrupt, CtrlCEndsTheAnswerAndKeepsWhatCame) {
    EmbeddedServer server;
    server.enqueue(two_words_of_three().then_stall());
    CloudChat program({"--base-url", server.url(), "ping"});
    program.end_input();
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
    program.end_input();
    const auto deadline = std::chrono::steady_clock::now() + CloudChat::patience;
    while (program.unread_output() == 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(program.exit_status_when_interrupted(), 130);
}

TEST(CloudChatInterrupt, IsIgnoredByAProgramThatWasStartedToIgnoreIt) {
    std::latch interrupted{1};
    const EmbeddedServer server({.handler = [&](const embedded_server::Request&) {
        interrupted.wait();
        return Answer::stream(with_done(three_word_events()));
    }});
    Program script("/bin/sh", {"-c", "trap '' INT; exec " CLOUD_CHAT_PROGRAM " --base-url " +
                                         server.url() + " count"});
    script.end_input();
    const bool asked =
        server.wait_until([&] { return server.request_count() == 1; }, Program::patience);
    script.interrupt();
    interrupted.count_down();
    EXPECT_TRUE(asked);
    EXPECT_EQ(script.exit_status(), 0);
    EXPECT_EQ(script.output(), "one two three\n");
}

TEST(CloudChatWithoutAStream, FindsNoPromptInAClosedInput) {
    Program script("/bin/sh", {"-c", "exec " CLOUD_CHAT_PROGRAM " --embedded <&-"});
    EXPECT_EQ(script.exit_status(), 2);
    EXPECT_TRUE(contains(script.errors(), "the prompt is empty")) << script.errors();
}

TEST(CloudChatWithoutAStream, AnswersIntoAClosedOutput) {
    const EmbeddedServer server;
    Program script("/bin/sh",
                   {"-c", "exec " CLOUD_CHAT_PROGRAM " --base-url " + server.url() + " ping >&-"});
    script.end_input();
    EXPECT_EQ(script.exit_status(), 0) << script.errors();
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

TEST(CloudChatAtTerminal, RetryAsksAgainInPlaceOfTheAnswer) {
    EmbeddedServer server;
    server.enqueue(error_answer(401, "invalid_api_key"));
    server.enqueue(Answer::stream(with_done(three_word_events())));
    auto program = CloudChat::at_terminal({"--base-url", server.url(), "--system", "Be brief."});
    ASSERT_TRUE(program.prints("> "));
    program.type("/retry\n");
    ASSERT_TRUE(program.prints("cloud-chat: nothing has been asked yet")) << program.output();
    program.type("ping\n");
    ASSERT_TRUE(program.prints("401"));
    for (const char* answer : {"\r\none two three\r\n", "\r\npong\r\n"}) {
        ASSERT_TRUE(program.prints("> "));
        program.type("/retry\n");
        ASSERT_TRUE(program.prints(answer)) << program.output();
    }
    for (std::size_t request = 0; request < 3; ++request) {
        EXPECT_EQ(body_of(server, request).at("messages"), json::parse(R"([
            {"role": "system", "content": "Be brief."}, {"role": "user", "content": "ping"}])"));
    }
}

TEST(CloudChatAtTerminal, CommandsChangeWhatIsAskedAndAreNotSent) {
    const EmbeddedServer server;
    auto program = CloudChat::at_terminal({"--base-url", server.url(), "-m", "m-1"});
    ASSERT_TRUE(program.prints("> "));
    program.type("ping\n");
    ASSERT_TRUE(program.prints("\r\npong\r\n"));
    for (const auto& [command, remark] : std::vector<std::pair<std::string, std::string>>{
             {"/model", "[model: m-1]"},
             {"/model m-2", "[model: m-2]"},
             {"/system Be kind.", "[system: Be kind.]"},
             {"/clear", "[the conversation is forgotten]"},
             {"/help", "  /save FILE "},
             {"/etc/passwd", "cloud-chat: there is no command /etc/passwd; "}}) {
        ASSERT_TRUE(program.prints("> "));
        program.type(command + "\n");
        ASSERT_TRUE(program.prints(remark)) << program.output();
    }
    ASSERT_TRUE(program.prints("> "));
    program.type("ping\n");
    ASSERT_TRUE(program.prints("\r\npong\r\n")) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("/quit\n");
    EXPECT_EQ(program.exit_status(), 0);
    ASSERT_EQ(server.request_count(), 2U);
    EXPECT_EQ(body_of(server, 1).at("model"), "m-2");
    EXPECT_EQ(body_of(server, 1).at("messages"), json::parse(R"([
        {"role": "system", "content": "Be kind."}, {"role": "user", "content": "ping"}])"));
}

TEST(CloudChatAtTerminal, SavesTheConversationButOverNoFile) {
    const TemporaryDirectory directory;
    const std::string name = directory.file("talk.json");
    auto program = CloudChat::at_terminal({"--base-url", EmbeddedServer().url()});
    ASSERT_TRUE(program.prints("> "));
    program.type("/save " + name + "\n");
    ASSERT_TRUE(program.prints("[saved as " + name + "]")) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("/save " + name + "\n");
    ASSERT_TRUE(program.prints("try /save " + directory.file("talk-2.json"))) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("/save /no/such/place\n");
    ASSERT_TRUE(program.prints("No such file or directory")) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("/save\n");
    ASSERT_TRUE(program.prints("/save wants the name of a file")) << program.output();
}

TEST(CloudChatAtTerminal, APromptIsAskedAsItIs) {
    const EmbeddedServer server;
    auto program = CloudChat::at_terminal({"--base-url", server.url(), "ping"});
    EXPECT_EQ(program.exit_status(), 0);
    EXPECT_EQ(body_of(server, 0).at("messages").at(0).at("content"), "ping");
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
