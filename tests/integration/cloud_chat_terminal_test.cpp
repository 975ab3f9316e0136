#include "program_answers.hpp"
#include "temporary_directory.hpp"
#include "tmux_terminal.hpp"

#include <embedded_server.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <latch>
#include <regex>
#include <string>

namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;

// Whoever looks late sees a later one.
const std::regex seconds_of_wait("[1-9][0-9]* s\n");

std::string file_content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The program in a terminal whose settings are noted before and after.
class CloudChatInTmux : public testing::Test {
protected:
    void SetUp() override { require_programs({"tmux"}); }

    [[nodiscard]] std::string script(const std::string& arguments) const {
        const std::string home = directory_.path().string();
        return "export HOME=" + home + " XDG_STATE_HOME=" + home + "/state; cd " + home +
               "\nstty -a > before\nsh -c 'echo $$ > pid; exec " CLOUD_CHAT_PROGRAM " " +
               arguments + "'\necho left with $?\nstty -a > after\necho settings are noted";
    }

    [[nodiscard]] pid_t program() const { return std::stoi(file_content(directory_.file("pid"))); }

    [[nodiscard]] std::string last_question() const {
        const auto body = body_of(server_, server_.request_count() - 1);
        return body.at("messages").back().at("content");
    }

    [[nodiscard]] bool is_asked(std::size_t count) const {
        return server_.wait_until([&] { return server_.request_count() == count; },
                                  ChildProcess::patience);
    }

    /// Leaves by Ctrl-D, and the terminal as it was.
    void leave(TmuxTerminal& terminal) const {
        terminal.press("C-d");
        is_left_as_it_was(terminal, "left with 0");
    }

    void is_left_as_it_was(TmuxTerminal& terminal, const std::string& farewell) const {
        ASSERT_TRUE(terminal.shows("settings are noted")) << terminal.screen();
        EXPECT_TRUE(contains(terminal.screen(), farewell)) << terminal.screen();
        const std::string before = file_content(directory_.file("before"));
        EXPECT_TRUE(contains(before, "icanon"));
        EXPECT_EQ(file_content(directory_.file("after")), before);
    }

    TemporaryDirectory directory_{};
    EmbeddedServer server_{};
    std::string to_server_ = "--base-url " + server_.url();
};

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

TEST_F(CloudChatInTmux, CtrlCStopsASlowAnswerAndClearsALine) {
    server_.enqueue(two_words_of_three().then_stall());
    TmuxTerminal terminal(script(to_server_));
    ASSERT_TRUE(terminal.ends_in("\n>"));
    terminal.type("count");
    terminal.press("Enter");
    ASSERT_TRUE(terminal.ends_in("\none two"));
    terminal.press("C-c");
    ASSERT_TRUE(terminal.ends_in("cloud-chat: interrupted\n>")) << terminal.screen();
    terminal.type("nonsense");
    ASSERT_TRUE(terminal.ends_in("> nonsense"));
    terminal.press("C-c");
    ASSERT_TRUE(terminal.ends_in("[Ctrl-C again, or Ctrl-D, leaves]\n>")) << terminal.screen();
    terminal.type("ping");
    terminal.press("Enter");
    ASSERT_TRUE(terminal.shows("\npong\n")) << terminal.screen();
    EXPECT_EQ(last_question(), "ping");
    ASSERT_TRUE(terminal.ends_in("]\n>"));
    leave(terminal);
}

TEST_F(CloudChatInTmux, GoesOnWhereItWasAfterCtrlZ) {
    TmuxTerminal terminal("export HOME=/dev/null PS1='shell '; exec bash --norc --noprofile -i");
    ASSERT_TRUE(terminal.ends_in("shell"));
    terminal.type(CLOUD_CHAT_PROGRAM " " + to_server_);
    terminal.press("Enter");
    ASSERT_TRUE(terminal.ends_in("\n>"));
    terminal.type("pi");
    ASSERT_TRUE(terminal.ends_in("> pi"));
    for (int round = 0; round < 2; ++round) {
        terminal.press("C-z");
        ASSERT_TRUE(terminal.ends_in("\nshell")) << terminal.screen();
        terminal.type("fg");
        terminal.press("Enter");
        ASSERT_TRUE(terminal.ends_in("\n> pi")) << terminal.screen();
    }
    terminal.paste("ng\nagain\n");
    ASSERT_TRUE(terminal.ends_in("\nagain")) << terminal.screen();
    terminal.press("BSpace");
    terminal.press("Enter");
    ASSERT_TRUE(is_asked(1)) << terminal.screen();
    EXPECT_EQ(last_question(), "ping\nagain");
}

TEST_F(CloudChatInTmux, CtrlZStopsAnAnswer) {
    server_.enqueue(two_words_of_three().then_stall());
    TmuxTerminal terminal("export HOME=/dev/null PS1='shell '; exec bash --norc --noprofile -i");
    ASSERT_TRUE(terminal.ends_in("shell"));
    terminal.type(CLOUD_CHAT_PROGRAM " " + to_server_);
    terminal.press("Enter");
    ASSERT_TRUE(terminal.ends_in("\n>"));
    terminal.type("count");
    terminal.press("Enter");
    ASSERT_TRUE(terminal.shows("\none two"));
    terminal.press("C-z");
    ASSERT_TRUE(terminal.ends_in("\nshell")) << terminal.screen();
}

TEST_F(CloudChatInTmux, ASignalThatEndsItAtThePromptEndsItAloneAndLeavesTheTerminalAsItWas) {
    for (const int signal : {SIGTERM, SIGHUP, SIGQUIT}) {
        TmuxTerminal terminal(script(to_server_));
        ASSERT_TRUE(terminal.ends_in("\n>"));
        ::kill(program(), signal);
        is_left_as_it_was(terminal, "left with " + std::to_string(128 + signal));
        terminal.paste("seen\n");
        EXPECT_TRUE(terminal.ends_in("\nseen\nseen")) << terminal.screen();
    }
}

TEST_F(CloudChatInTmux, ALineIsEditedAtTheWidthThatTheTerminalHasNow) {
    TmuxTerminal terminal(script(to_server_));
    ASSERT_TRUE(terminal.ends_in("\n>"));
    for (const std::size_t width : {50U, 40U}) {
        terminal.resize(width);
        terminal.type(std::string(width, 'a'));
        terminal.press("C-a");
        terminal.type("b");
        EXPECT_TRUE(terminal.ends_in("> b" + std::string(width - 3, 'a') + "\naaa"))
            << terminal.screen();
        terminal.press("C-e");
        terminal.press("C-u");
        ASSERT_TRUE(terminal.ends_in(">")) << terminal.screen();
    }
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
