#include "cloud_chat_in_tmux.hpp"

#include <latch>
#include <regex>
#include <string>

namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;

// Whoever looks late sees a later one.
const std::regex seconds_of_wait("[1-9][0-9]* s\n");

TEST_F(CloudChatInTmux, AnswersFromTheServerInside) {
    TmuxTerminal terminal(script("--embedded"));
    ASSERT_TRUE(terminal.ends_in("\n>")) << terminal.screen();
    terminal.type("Say hello.");
    terminal.press("Enter");
    ASSERT_TRUE(terminal.shows("You said \"Say hello.\", and I am glad that you did."));
    ASSERT_TRUE(terminal.ends_in("tokens/s]\n>")) << terminal.screen();
    leave(terminal);
}

TEST_F(CloudChatInTmux, LinesAreEditedAndComeBackFromTheHistory) {
    {
        TmuxTerminal terminal(script(to_server_));
        ASSERT_TRUE(terminal.ends_in("\n>"));
        terminal.type("pigg");
        terminal.press("BSpace");
        terminal.press("Left");
        terminal.type("n");
        terminal.press("Enter");
        ASSERT_TRUE(terminal.shows("\npong\n")) << terminal.screen();
        EXPECT_EQ(last_question(), "ping");
        ASSERT_TRUE(terminal.ends_in("]\n>"));
        terminal.press("Up");
        ASSERT_TRUE(terminal.ends_in("]\n> ping")) << terminal.screen();
        terminal.type(" täglichen");
        terminal.press("BSpace");
        terminal.press("BSpace");
        terminal.press("Enter");
        ASSERT_TRUE(is_asked(2)) << terminal.screen();
        EXPECT_EQ(last_question(), "ping täglich");
        ASSERT_TRUE(terminal.ends_in("]\n>"));
        leave(terminal);
    }
    TmuxTerminal later(script(to_server_));
    ASSERT_TRUE(later.ends_in("\n>"));
    later.press("Up");
    later.press("Up");
    ASSERT_TRUE(later.ends_in("\n> ping")) << later.screen();
}

TEST_F(CloudChatInTmux, ABackslashAndAPasteMakeSeveralLines) {
    TmuxTerminal terminal(script(to_server_));
    ASSERT_TRUE(terminal.ends_in("\n>"));
    terminal.type("one\\");
    terminal.press("Enter");
    ASSERT_TRUE(terminal.ends_in("\n..."));
    terminal.type("two");
    terminal.press("Enter");
    ASSERT_TRUE(is_asked(1));
    EXPECT_EQ(last_question(), "one\ntwo");
    ASSERT_TRUE(terminal.ends_in("]\n>"));
    terminal.paste("three\nfour\n");
    ASSERT_TRUE(terminal.ends_in("\nfour")) << terminal.screen();
    EXPECT_EQ(server_.request_count(), 1U);
    terminal.type("five");
    terminal.press("Enter");
    ASSERT_TRUE(is_asked(2)) << terminal.screen();
    EXPECT_EQ(last_question(), "three\nfour\nfive");
}

TEST_F(CloudChatInTmux, TabCompletesCommands) {
    TmuxTerminal terminal(script(to_server_ + " -m m-1"));
    ASSERT_TRUE(terminal.ends_in("\n>"));
    terminal.type("/mo");
    terminal.press("Tab");
    ASSERT_TRUE(terminal.ends_in("\n> /model")) << terminal.screen();
    terminal.type("m-2");
    terminal.press("Enter");
    ASSERT_TRUE(terminal.shows("[model: m-2]")) << terminal.screen();
}

TEST_F(CloudChatInTmux, CtrlDDropsALineThatGoesOn) {
    TmuxTerminal terminal(script(to_server_));
    ASSERT_TRUE(terminal.ends_in("\n>"));
    terminal.type("nonsense\\");
    terminal.press("Enter");
    ASSERT_TRUE(terminal.ends_in("\n..."));
    terminal.press("C-d");
    ASSERT_TRUE(terminal.ends_in("... ^D\n>")) << terminal.screen();
    terminal.type("ping");
    terminal.press("Enter");
    ASSERT_TRUE(is_asked(1)) << terminal.screen();
    EXPECT_EQ(last_question(), "ping");
    ASSERT_TRUE(terminal.ends_in("]\n>"));
    leave(terminal);
}

TEST_F(CloudChatInTmux, IsHeldOnStandardOutputWhenErrorsGoElsewhere) {
    for (const std::string elsewhere : {"2> errors", "2>&-"}) {
        TmuxTerminal terminal(script(to_server_ + " " + elsewhere));
        ASSERT_TRUE(terminal.ends_in(">")) << terminal.screen();
        terminal.type("pig");
        terminal.press("Left");
        terminal.type("n");
        terminal.press("Enter");
        ASSERT_TRUE(terminal.ends_in("> ping\npong\n>")) << terminal.screen();
        leave(terminal);
    }
}

TEST_F(CloudChatInTmux, ReadsPlainLinesWhenAllOutputGoesElsewhere) {
    TmuxTerminal terminal(script(to_server_ + " > answers 2> errors"));
    terminal.type("ping");
    terminal.press("Enter");
    ASSERT_TRUE(is_asked(1));
    EXPECT_EQ(last_question(), "ping");
    leave(terminal);
    EXPECT_EQ(file_content(directory_.file("answers")), "pong\n");
}

TEST_F(CloudChatInTmux, CtrlLeftAndCtrlRightGoByWords) {
    TmuxTerminal terminal(script(to_server_));
    ASSERT_TRUE(terminal.ends_in("\n>"));
    terminal.type("one three four");
    terminal.press("C-Left");
    terminal.press("C-Left");
    terminal.type("two ");
    terminal.press("C-Right");
    terminal.type(",");
    EXPECT_TRUE(terminal.ends_in("> one two three, four")) << terminal.screen();
}

TEST_F(CloudChatInTmux, TheWaitForAnAnswerIsSeenAndLeavesNoTrace) {
    server_.enqueue(Answer::bytes("").then_stall());
    TmuxTerminal terminal(script(to_server_));
    ASSERT_TRUE(terminal.ends_in("\n>"));
    terminal.type("ping");
    terminal.press("Enter");
    ASSERT_TRUE(terminal.shows_match(seconds_of_wait)) << terminal.screen();
    terminal.press("C-c");
    ASSERT_TRUE(terminal.ends_in("> ping\ncloud-chat: interrupted\n>")) << terminal.screen();
}

TEST_F(CloudChatInTmux, AnAnswerTakesThePlaceOfTheWaitForIt) {
    std::latch seen{1};
    const EmbeddedServer slow({.handler = [&](const embedded_server::Request&) {
        seen.wait();
        return Answer::stream(with_done(three_word_events()));
    }});
    TmuxTerminal terminal(script("--base-url " + slow.url()));
    ASSERT_TRUE(terminal.ends_in("\n>"));
    terminal.type("count");
    terminal.press("Enter");
    EXPECT_TRUE(terminal.shows_match(seconds_of_wait)) << terminal.screen();
    seen.count_down();
    EXPECT_TRUE(terminal.shows("> count\none two three\n[")) << terminal.screen();
}

TEST_F(CloudChatInTmux, AnAnswerThatGoesToAFileIsSeenComing) {
    server_.enqueue(two_words_of_three().then_stall());
    TmuxTerminal terminal(script(to_server_ + " ping > answer"));
    ASSERT_TRUE(terminal.shows(" tokens/s")) << terminal.screen();
    terminal.press("C-c");
    ASSERT_TRUE(terminal.shows("settings are noted"));
    EXPECT_FALSE(contains(terminal.screen(), "tokens/s")) << terminal.screen();
    EXPECT_EQ(file_content(directory_.file("answer")), "one two\n");
}

}  // namespace
}  // namespace cloud_backend::test
