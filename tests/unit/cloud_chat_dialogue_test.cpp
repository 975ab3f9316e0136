#include "cloud_chat/dialogue.hpp"
#include "cloud_chat/input_history.hpp"
#include "cloud_chat/transcript_file.hpp"
#include "temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace cloud_chat {
namespace {

using cloud_backend::Message;
using cloud_backend::test::TemporaryDirectory;
using nlohmann::json;
using Entries = std::vector<std::string>;

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

Dialogue small_talk() {
    Message refused = Message::assistant("");
    refused.refusal = "No.";
    return {
        .system = "Be brief.",
        .exchanges = {{.question = "ping",
                       .answer = Answer{.message = Message::assistant("**pong**"), .model = "m-1"}},
                      {.question = "And?", .answer = Answer{.message = refused, .model = "m-2"}},
                      {.question = "Hello?"}}};
}

// ---- What is sent, and saved

TEST(CloudChatDialogue, IsSentWithTheQuestionThatHasNoAnswerYet) {
    const auto messages = messages_of(small_talk());
    ASSERT_EQ(messages.size(), 6U);
    EXPECT_EQ(messages[0].role, cloud_backend::Role::system);
    EXPECT_EQ(messages[2].content, "**pong**");
    EXPECT_EQ(messages[4].refusal, "No.");
    EXPECT_EQ(messages[5].content, "Hello?");
    EXPECT_TRUE(messages_of({}).empty());
}

TEST(CloudChatDialogue, IsMarkdownForPeople) {
    EXPECT_EQ(markdown_of(small_talk()), R"(## System

Be brief.

## User

ping

## Assistant (m-1)

**pong**

## User

And?

## Assistant (m-2)

No.

## User

Hello?
)");
}

TEST(CloudChatDialogue, IsJsonMessagesForPrograms) {
    EXPECT_EQ(json::parse(json_of(small_talk())), json::parse(R"([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "ping"}, {"role": "assistant", "content": "**pong**"},
        {"role": "user", "content": "And?"}, {"role": "assistant", "content": "No."},
        {"role": "user", "content": "Hello?"}])"));
    EXPECT_EQ(json_of({}), "[]\n");
}

TEST(CloudChatTranscript, IsWrittenInTheFormThatItsNameSays) {
    const TemporaryDirectory directory;
    save_transcript(directory.file("a.md"), small_talk());
    EXPECT_EQ(content_of(directory.file("a.md")), markdown_of(small_talk()));
    save_transcript(directory.file("a.json"), small_talk());
    EXPECT_EQ(content_of(directory.file("a.json")), json_of(small_talk()));
}

TEST(CloudChatTranscript, ReplacesNoFileAndKnowsAFreeName) {
    const TemporaryDirectory directory;
    const std::string name = directory.file("talk.md");
    std::ofstream(name) << "kept";
    try {
        save_transcript(name, small_talk());
        FAIL() << "saved";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::file_exists);
    }
    EXPECT_EQ(content_of(name), "kept");
    EXPECT_EQ(free_name_like(name), directory.file("talk-2.md"));
    std::ofstream(directory.file("talk-2.md")) << "kept";
    EXPECT_EQ(free_name_like(name), directory.file("talk-3.md"));
}

// ---- What is typed

TEST(CloudChatHistory, OutlivesTheProgramAndIsItsOwnersAlone) {
    const TemporaryDirectory directory;
    const std::string file = directory.path() / "state" / "cloud-chat" / "history";
    const Entries typed{"first", "two\nlines", R"(a\nb \\ c\)", "täglich"};
    InputHistory history(file);
    for (const std::string& entry : typed) EXPECT_TRUE(history.add(entry));
    EXPECT_EQ(history.entries(), typed);
    EXPECT_EQ(InputHistory(file).entries(), typed);
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(CloudChatHistory, KeepsNoSecretsAndNothingTwiceInARow) {
    const TemporaryDirectory directory;
    const std::string file = directory.file("history");
    InputHistory history(file);
    EXPECT_TRUE(history.add("a"));
    EXPECT_FALSE(history.add("a"));
    EXPECT_FALSE(history.add(" secret"));
    EXPECT_TRUE(history.add("b"));
    EXPECT_TRUE(history.add("a"));
    EXPECT_EQ(InputHistory(file).entries(), (Entries{"a", "b", "a"}));
}

TEST(CloudChatHistory, OfTwoProgramsIsThatOfBoth) {
    const TemporaryDirectory directory;
    const std::string file = directory.file("history");
    InputHistory one(file);
    InputHistory other(file);
    EXPECT_TRUE(one.add("1"));
    EXPECT_TRUE(other.add("2"));
    EXPECT_TRUE(one.add("3"));
    EXPECT_EQ(InputHistory(file).entries(), (Entries{"1", "2", "3"}));
}

TEST(CloudChatHistory, IsBounded) {
    const TemporaryDirectory directory;
    const std::string file = directory.file("history");
    InputHistory history(file);
    constexpr std::size_t more = InputHistory::max_size + 5;
    for (std::size_t i = 0; i < more; ++i) EXPECT_TRUE(history.add(std::to_string(i)));
    const Entries kept = InputHistory(file).entries();
    ASSERT_EQ(kept.size(), InputHistory::max_size);
    EXPECT_EQ(kept.front(), "5");
    EXPECT_EQ(kept.back(), std::to_string(more - 1));
    const std::string text = content_of(file);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), InputHistory::max_size);
}

TEST(CloudChatHistory, CanBeWithoutAFile) {
    InputHistory nowhere{{}};
    EXPECT_TRUE(nowhere.add("a"));
    InputHistory unwritable("/dev/null/history");
    EXPECT_TRUE(unwritable.add("a"));
    EXPECT_EQ(unwritable.entries(), Entries{"a"});
}

}  // namespace
}  // namespace cloud_chat
