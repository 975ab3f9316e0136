#include "cloud_chat_in_tmux.hpp"

#include <csignal>
#include <cstddef>
#include <string>

namespace cloud_backend::test {
namespace {

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

}  // namespace
}  // namespace cloud_backend::test
