#include "cloud_chat_program.hpp"
#include "program_answers.hpp"
#include "temporary_directory.hpp"

#include <embedded_server.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

// Who is asked, with what, and what is said of it.
namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using embedded_server::RefusingPort;
using Arguments = std::vector<std::string>;

/// Of a program whose standard input is empty.
struct Ended {
    explicit Ended(const Arguments& arguments, const Environment& environment = {},
                   const std::string& input = {})
        : program(arguments, environment) {
        program.type(input);
        program.end_input();
        status = program.exit_status();
    }
    CloudChat program;
    std::optional<int> status{};
};

std::string only_question(const EmbeddedServer& server) {
    return body_of(server, 0).at("messages").at(0).at("content");
}

// ---- Fallback

TEST(CloudChatFallback, AnotherServerAnswersForAModelOfItsOwn) {
    const RefusingPort port;
    const EmbeddedServer server;
    const Ended ended({"--base-url", port.url(), "--retries", "0", "-m", "m-1", "--fallback",
                       server.url() + "=m-2", "ping"});
    EXPECT_EQ(ended.status, 0);
    EXPECT_EQ(ended.program.output(), "pong\n");
    EXPECT_EQ(body_of(server, 0).at("model"), "m-2");
    const std::string& errors = ended.program.errors();
    EXPECT_TRUE(
        errors.starts_with("[" + server.url() + "=m-2 answered; " + port.url() + " did not: "))
        << errors;
}

TEST(CloudChatFallback, AreAskedInOrderAndForTheSameModelUnlessTheyNameOne) {
    const RefusingPort port;
    EmbeddedServer failing;
    failing.enqueue(error_answer(401, "invalid_api_key"));
    const EmbeddedServer server;
    const Ended ended({"--base-url", port.url(), "--retries", "0", "-m", "m-1", "--fallback",
                       failing.url() + "=m-2", "--fallback", server.url(), "ping"});
    EXPECT_EQ(ended.program.output(), "pong\n");
    EXPECT_EQ(body_of(failing, 0).at("model"), "m-2");
    EXPECT_EQ(body_of(server, 0).at("model"), "m-1");
}

TEST(CloudChatFallback, IsNotAskedWhenTheFirstAnswers) {
    const EmbeddedServer first;
    const EmbeddedServer second;
    const Ended ended({"--base-url", first.url(), "--fallback", second.url(), "ping"});
    EXPECT_EQ(ended.program.output(), "pong\n");
    EXPECT_FALSE(contains(ended.program.errors(), "answered")) << ended.program.errors();
    EXPECT_EQ(second.connection_count(), 0U);
}

TEST(CloudChatFallback, FailsAsAServerDoesWhenNobodyAnswers) {
    const RefusingPort first;
    const RefusingPort second;
    const Ended ended(
        {"--base-url", first.url(), "--retries", "0", "--fallback", second.url(), "ping"});
    EXPECT_EQ(ended.status, 8);
    EXPECT_TRUE(contains(ended.program.errors(), first.url())) << ended.program.errors();
    EXPECT_TRUE(contains(ended.program.errors(), second.url())) << ended.program.errors();
}

TEST(CloudChatFallback, GetsNoKeyThatIsForAnother) {
    const RefusingPort port;
    const EmbeddedServer server;
    const Ended ended(
        {"--base-url", port.url(), "--retries", "0", "--fallback", server.url(), "ping"},
        {{"OPENAI_API_KEY", "sk-secret"}});
    EXPECT_EQ(ended.program.output(), "pong\n");
    EXPECT_EQ(server.requests().at(0).header("Authorization"), "");
}

TEST(CloudChatFallback, StandsInForNobodyWhoIsNotNamed) {
    const EmbeddedServer server;
    const Ended ended({"--fallback", server.url(), "ping"});
    EXPECT_EQ(ended.status, 2);
    EXPECT_TRUE(contains(ended.program.errors(), "OPENAI_API_KEY")) << ended.program.errors();
    EXPECT_EQ(server.connection_count(), 0U);
}

// ---- Services by name

TEST(CloudChatService, AnUnknownOneSendsNothingAndNamesThoseThatThereAre) {
    for (const Arguments& arguments : {Arguments{"--service", "gorq", "ping"},
                                       {"--embedded", "--fallback", "gorq", "ping"},
                                       {"--service", "groq=", "ping"}}) {
        const Ended ended(arguments);
        EXPECT_EQ(ended.status, 2);
        EXPECT_EQ(ended.program.output(), "");
        EXPECT_TRUE(ended.program.errors().starts_with("cloud-chat: nothing was sent: "))
            << ended.program.errors();
    }
}

TEST(CloudChatService, WantsTheKeyOfItsOwnVariable) {
    const Ended ended({"--service", "groq", "ping"}, {{"OPENAI_API_KEY", "sk-secret"}});
    EXPECT_EQ(ended.status, 2);
    EXPECT_TRUE(contains(ended.program.errors(), "GROQ_API_KEY")) << ended.program.errors();
}

TEST(CloudChatService, MayNameItsModel) {
    const EmbeddedServer server;
    EXPECT_EQ(Ended({"--service", server.url() + "=m-1", "ping"}).program.output(), "pong\n");
    EXPECT_EQ(body_of(server, 0).at("model"), "m-1");
    EXPECT_EQ(Ended({"--service", server.url() + "=m-1", "-m", "m-2", "ping"}).status, 0);
    EXPECT_EQ(body_of(server, 1).at("model"), "m-2");
}

// ---- Statistics

TEST(CloudChatStatistics, AreOneLine) {
    const EmbeddedServer server;
    const Ended ended({"--base-url", server.url(), "-m", "m-1", "--stats", "Say hello."});
    const std::string& errors = ended.program.errors();
    EXPECT_TRUE(errors.starts_with("[first token after ")) << errors;
    EXPECT_TRUE(contains(errors, " s in all, 2 prompt and 11 completion tokens, ")) << errors;
    EXPECT_TRUE(
        contains(errors, " tokens/s, 1 attempt, " + server.url() + " (m-1), new connection]\n"))
        << errors;
    EXPECT_EQ(errors.find('\n'), errors.size() - 1);
}

TEST(CloudChatStatistics, NameTheServerThatAnswered) {
    const RefusingPort port;
    const EmbeddedServer server;
    const Ended ended({"--base-url", port.url(), "--retries", "0", "--fallback", server.url(),
                       "--stats", "--no-stream", "ping"});
    EXPECT_TRUE(contains(ended.program.errors(), "2 attempts, " + server.url() + " ("))
        << ended.program.errors();
}

// ---- Pipes

TEST(CloudChatPipe, IsThePromptWhenThereIsNoOther) {
    const EmbeddedServer server;
    const Ended ended({"--base-url", server.url()}, {}, "two\nlines\n");
    EXPECT_EQ(ended.status, 0) << ended.program.errors();
    EXPECT_EQ(only_question(server), "two\nlines");
}

TEST(CloudChatPipe, PutsWhatItHoldsBehindThePrompt) {
    const EmbeddedServer server;
    const Ended ended({"--base-url", server.url(), "Sum", "up."}, {}, "two\nlines\n\n");
    EXPECT_EQ(ended.status, 0);
    EXPECT_EQ(only_question(server), "Sum up.\n\ntwo\nlines");
}

TEST(CloudChatPipe, ThatIsEmptyChangesNothing) {
    for (const char* input : {"", "\n"}) {
        const EmbeddedServer server;
        EXPECT_EQ(Ended({"--base-url", server.url(), "ping"}, {}, input).program.output(),
                  "pong\n");
        EXPECT_EQ(only_question(server), "ping");
    }
}

TEST(CloudChatPipe, IsReadToItsEndBeforeAnythingIsAsked) {
    const EmbeddedServer server;
    CloudChat program({"--base-url", server.url(), "Sum up."});
    program.type("begun");
    ASSERT_TRUE(program.reads_all_input());
    EXPECT_EQ(server.connection_count(), 0U);
    program.type(" and ended");
    program.end_input();
    EXPECT_EQ(program.exit_status(), 0);
    EXPECT_EQ(only_question(server), "Sum up.\n\nbegun and ended");
}

TEST(CloudChatPipe, EndsQuietlyWhenNobodyReadsTheAnswer) {
    EmbeddedServer server;
    // More than it can have written when the reader goes, however slow that is.
    std::vector<std::string> events{content_chunk("one")};
    events.resize(1'000, content_chunk(" more"));
    server.enqueue(
        Answer::stream(with_done(std::move(events))).pause_between(std::chrono::milliseconds(50)));
    CloudChat program({"--base-url", server.url(), "ping"});
    program.end_input();
    ASSERT_TRUE(program.prints("one"));
    program.close_output();
    EXPECT_EQ(program.exit_status(), 0);
    EXPECT_EQ(program.errors(), "");
}

}  // namespace
}  // namespace cloud_backend::test
