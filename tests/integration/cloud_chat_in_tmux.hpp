#pragma once

#include "program_answers.hpp"
#include "temporary_directory.hpp"
#include "tmux_terminal.hpp"

#include <embedded_server.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <string>

namespace cloud_backend::test {

inline std::string file_content(const std::string& path) {
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
    embedded_server::EmbeddedServer server_{};
    std::string to_server_ = "--base-url " + server_.url();
};

}  // namespace cloud_backend::test
