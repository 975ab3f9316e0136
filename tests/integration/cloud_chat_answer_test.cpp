// What becomes of answers at the terminal.
#include "../support/backend_fixture.hpp"
#include "cloud_chat_program.hpp"
#include "program_answers.hpp"

#include <embedded_server.hpp>
#include <gtest/gtest.h>

namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;

TEST(CloudChatAtTerminal, ARetryThatFailsKeepsTheAnswer) {
    EmbeddedServer server;
    server.enqueue(Answer::stream(with_done(three_word_events())));
    server.enqueue(error_answer(401, "invalid_api_key"));
    auto program = CloudChat::at_terminal({"--base-url", server.url()});
    ASSERT_TRUE(program.prints("> "));
    program.type("ping\n");
    ASSERT_TRUE(program.prints("\r\none two three\r\n")) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("/retry\n");
    ASSERT_TRUE(program.prints("401")) << program.output();
    ASSERT_TRUE(program.prints("> "));
    program.type("pong\n");
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 3; }));
    EXPECT_NE(server.requests().at(2).body.find("one two three"), std::string::npos);
}

TEST(CloudChatAtTerminal, LineEndsOfAnAnswerAreNoControlCharacters) {
    EmbeddedServer server;
    server.enqueue(Answer::stream(with_done({content_chunk(R"(one\r\ntwo)")})));
    auto program = CloudChat::at_terminal({"--base-url", server.url()});
    ASSERT_TRUE(program.prints("> "));
    program.type("ping\n");
    EXPECT_TRUE(program.prints("one\r\r\ntwo")) << program.output();
}

}  // namespace
}  // namespace cloud_backend::test
