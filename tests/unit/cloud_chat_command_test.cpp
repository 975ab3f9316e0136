#include "cloud_chat/answer_status.hpp"
#include "cloud_chat/command.hpp"
#include "cloud_chat/service_entry.hpp"

#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <variant>

namespace cloud_chat {
namespace {

using namespace std::chrono_literals;

TEST(CloudChatCommand, ALineWithoutASlashIsAQuestion) {
    for (const std::string text : {"Why?", " /etc/passwd is what?", "a /quit", "two\nlines"}) {
        const PromptLine line = parse_prompt_line(text);
        ASSERT_TRUE(std::holds_alternative<Question>(line)) << text;
        EXPECT_EQ(std::get<Question>(line).text, text);
    }
}

TEST(CloudChatCommand, TakesTheRestOfTheLineAsItsArgument) {
    const auto command = std::get<Command>(parse_prompt_line("/system  Be brief.\nBe kind. \n"));
    EXPECT_EQ(command.name, CommandName::system);
    EXPECT_EQ(command.argument, "Be brief.\nBe kind.");
    EXPECT_EQ(std::get<Command>(parse_prompt_line("/quit")).name, CommandName::quit);
    EXPECT_EQ(std::get<Command>(parse_prompt_line("/model ")).argument, "");
}

TEST(CloudChatCommand, IsUnknownUnlessItsWholeNameIsGiven) {
    for (const std::string name : {"/", "/qui", "/quits", "/etc/passwd"}) {
        const PromptLine line = parse_prompt_line(name + " x");
        ASSERT_TRUE(std::holds_alternative<UnknownCommand>(line)) << name;
        EXPECT_EQ(std::get<UnknownCommand>(line).name, name);
    }
}

TEST(CloudChatCommand, IsCompletedAsFarAsThereIsNoDoubt) {
    EXPECT_EQ(completion_of("/mo"), "del ");
    EXPECT_EQ(completion_of("/model"), " ");
    EXPECT_EQ(completion_of("/s"), "");
    EXPECT_EQ(completion_of("/sa"), "ve ");
    EXPECT_EQ(completion_of("/"), "");
    EXPECT_EQ(completion_of("/x"), "");
    EXPECT_EQ(completion_of("/model gpt"), "");
    EXPECT_EQ(completion_of("mo"), "");
}

TEST(CloudChatCommand, HelpHasALineForEach) {
    for (const char* name : {"/help", "/model", "/system", "/save", "/retry", "/clear", "/quit"}) {
        EXPECT_NE(command_help().find(std::string("  ") + name + " "), std::string::npos) << name;
    }
}

TEST(CloudChatServiceEntry, IsANameOrAUrlAndMayNameAModel) {
    const ServiceEntry plain = parse_service_entry("groq");
    EXPECT_EQ(plain.server, "groq");
    EXPECT_EQ(plain.model, "");
    EXPECT_FALSE(plain.is_url());

    const ServiceEntry url = parse_service_entry("http://localhost:11434/v1=llama3.2:3b");
    EXPECT_EQ(url.server, "http://localhost:11434/v1");
    EXPECT_EQ(url.model, "llama3.2:3b");
    EXPECT_TRUE(url.is_url());
    EXPECT_EQ(url.text, "http://localhost:11434/v1=llama3.2:3b");
}

TEST(CloudChatServiceEntry, RefusesWhatNamesNobodyOrNothing) {
    for (const char* text : {"", "=llama", "groq=", "gorq", "localhost:11434"}) {
        EXPECT_THROW((void)parse_service_entry(text), cloud_backend::ConfigError) << text;
    }
}

TEST(CloudChatStatus, TurnsWhileItWaitsAndTellsTheRateThen) {
    EXPECT_EQ(status_text(100ms, 0, 0s), "/ 0 s");
    EXPECT_EQ(status_text(200ms, 0, 0s), "- 0 s");
    EXPECT_EQ(status_text(12s, 0, 0s), "| 12 s");
    EXPECT_EQ(status_text(3s, 400, 2s), "- 3 s, about 50 tokens/s");
    EXPECT_EQ(status_text(3s, 400, 0s), "- 3 s");
}

}  // namespace
}  // namespace cloud_chat
