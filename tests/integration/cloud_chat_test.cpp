#include "cloud_chat_program.hpp"
#include "program_answers.hpp"

#include <chat_answers.hpp>
#include <embedded_server.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace cloud_backend::test {

namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using Arguments = std::vector<std::string>;
using nlohmann::json;

struct Outcome {
    std::optional<int> status{};
    std::string output{};
    std::string errors{};
};

Outcome outcome_of(CloudChat& program) {
    program.end_input();
    const auto status = program.exit_status();
    return {.status = status, .output = program.output(), .errors = program.errors()};
}

Outcome run(const Arguments& arguments, const Environment& environment = {}) {
    CloudChat program(arguments, environment);
    return outcome_of(program);
}

/// Asked once, without a retry.
Outcome ask_once(const std::string& url) {
    return run({"--base-url", url, "--retries", "0", "ping"});
}

bool is_one_line(const std::string& text) {
    return std::ranges::count(text, '\n') == 1 && text.ends_with('\n');
}

// ---- Answers

TEST(CloudChat, StreamsAnAnswerOfTheEmbeddedServerAfterARetry) {
    const auto [status, output, errors] = run({"--embedded", "Say", "hello."});
    EXPECT_EQ(status, 0);
    EXPECT_EQ(output, embedded_server::reply_to("Say hello.") + "\n");
    EXPECT_TRUE(contains(errors, "[status 503; next attempt in ")) << errors;
    EXPECT_TRUE(contains(errors, "[2 attempts, first token after ")) << errors;
    EXPECT_TRUE(contains(errors, " 11 tokens, ")) << errors;
    EXPECT_TRUE(contains(errors, " tokens/s]\n")) << errors;
}

TEST(CloudChat, WithoutKeyAndServerSaysThatTheEmbeddedOneAnswers) {
    const auto [status, output, errors] = run({"ping"});
    EXPECT_EQ(status, 0);
    EXPECT_EQ(output, "pong\n");
    EXPECT_TRUE(errors.starts_with("cloud-chat: no OPENAI_API_KEY and no --base-url, so "))
        << errors;
}

TEST(CloudChat, EmbeddedReadsNeitherKeyNorServerFromTheEnvironment) {
    const EmbeddedServer server;
    const auto [status, output, errors] =
        run({"--embedded", "ping"},
            {{"OPENAI_API_KEY", "sk-secret"}, {"OPENAI_BASE_URL", server.url()}});
    EXPECT_EQ(status, 0);
    EXPECT_EQ(output, "pong\n");
    EXPECT_EQ(server.connection_count(), 0U);
}

TEST(CloudChat, SendsWhatItIsTold) {
    const EmbeddedServer server;
    const auto outcome = run({"--model", "m-1", "--system", "Be brief.", "ping"},
                             {{"OPENAI_API_KEY", "sk-1"}, {"OPENAI_BASE_URL", server.url()}});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_EQ(server.requests().at(0).header("Authorization"), "Bearer sk-1");
    EXPECT_EQ(body_of(server, 0), json::parse(R"({
        "model": "m-1", "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "system", "content": "Be brief."},
                     {"role": "user", "content": "ping"}]})"));
}

TEST(CloudChat, ANamedServerNeedsNoKey) {
    const EmbeddedServer server;
    EXPECT_EQ(run({"--base-url", server.url(), "ping"}).output, "pong\n");
    EXPECT_EQ(server.requests().at(0).header("Authorization"), "");
}

TEST(CloudChat, NoStreamAsksForAWholeAnswer) {
    const EmbeddedServer server;
    const auto [status, output, errors] = run({"--base-url", server.url(), "--no-stream", "ping"});
    EXPECT_EQ(status, 0);
    EXPECT_EQ(output, "pong\n");
    EXPECT_FALSE(body_of(server, 0).value("stream", false));
    EXPECT_TRUE(contains(errors, "[1 attempt, answer after ")) << errors;
    EXPECT_TRUE(contains(errors, " 1 token,")) << errors;
}

TEST(CloudChat, JsonPrintsTheCompletion) {
    const auto [status, output, errors] = run({"--embedded", "--json", "ping"});
    EXPECT_EQ(status, 0);
    const json completion = json::parse(output);
    EXPECT_EQ(completion.at("object"), "chat.completion");
    EXPECT_EQ(completion.at("choices").at(0).at("message").at("content"), "pong");
}

TEST(CloudChat, CountsChunksWhenTheServerCountsNoTokens) {
    EmbeddedServer server;
    server.enqueue(Answer::stream(with_done(three_word_events())));
    const auto outcome = run({"--base-url", server.url(), "ping"});
    EXPECT_EQ(outcome.output, "one two three\n");
    EXPECT_TRUE(contains(outcome.errors, " 3 chunks (tokens not counted by the server)"))
        << outcome.errors;
}

TEST(CloudChat, SaysWhyAnotherAttemptIsMade) {
    EmbeddedServer server;
    server.enqueue(cut_before(three_word_events().front()));
    const auto outcome = run({"--base-url", server.url(), "ping"});
    EXPECT_EQ(outcome.output, "pong\n");
    EXPECT_TRUE(outcome.errors.starts_with("[the answer broke off; next attempt in "))
        << outcome.errors;
}

TEST(CloudChat, HelpListsEveryExitStatus) {
    const auto outcome = run({"--help"});
    EXPECT_EQ(outcome.status, 0);
    for (const char* status :
         {"  0", "  1", "  2", "  3", "  4", "  5", "  6", "  7", "  8", "  9", "130"}) {
        EXPECT_TRUE(contains(outcome.output, std::string(status) + "  ")) << status;
    }
}

// ---- Failures

struct Failure {
    const char* name;
    Answer answer;
    int status;
    const char* explanation;
};

void PrintTo(const Failure& failure, std::ostream* stream) {
    *stream << failure.name;
}

class CloudChatFailure : public testing::TestWithParam<Failure> {};

TEST_P(CloudChatFailure, EndsInOneLineAndTheStatusOfItsClass) {
    EmbeddedServer server;
    server.enqueue(GetParam().answer);
    const auto [status, output, errors] = ask_once(server.url());
    EXPECT_EQ(status, GetParam().status);
    EXPECT_EQ(output, "");
    EXPECT_TRUE(is_one_line(errors)) << errors;
    EXPECT_TRUE(errors.starts_with(std::string("cloud-chat: ") + GetParam().explanation)) << errors;
}

INSTANTIATE_TEST_SUITE_P(
    Answers, CloudChatFailure,
    testing::Values(
        Failure{"Unauthorized", error_answer(401, "invalid_api_key"), 3,
                "the key was not accepted: 401 no (invalid_api_key); check OPENAI_API_KEY"},
        Failure{"Forbidden", error_answer(403, "x"), 3, "the key may not do this: 403 no"},
        Failure{"RateLimited", error_answer(429, "x"), 4, "too many requests: 429 no"},
        Failure{"OutOfCredit", error_answer(429, "insufficient_quota"), 4,
                "the account has no credit left: 429 no"},
        Failure{"Reset", Answer().then_reset(), 5, "the connection broke: "},
        Failure{"Html", Answer::status(200, {{"Content-Type", "text/html"}}, "<p>Hello</p>"), 7,
                "this is no chat completion: "},
        Failure{"EmptyStream", Answer::stream({}), 7, "this is no chat completion: "},
        Failure{"UnfinishedStream", Answer::stream({chunk_json(R"({"role":"assistant"})")}), 7,
                "the answer was cut short: "},
        Failure{"ServerError", error_answer(500, "x"), 8, "the server failed: 500 no"},
        Failure{"ErrorInAStream", Answer::stream({R"({"error":{"message":"no"}})"}), 8,
                "the server failed: no"},
        Failure{"RateLimitInAStream", Answer::stream({R"({"error":{"message":"no","code":429}})"}),
                4, "too many requests: 429 no"},
        Failure{"UnknownModel", error_answer(404, "model_not_found"), 9,
                "the server does not have this: 404 no (model_not_found)"},
        Failure{"BadRequest", error_answer(400, "x"), 9, "the server refused the request: 400 no"}),
    [](const auto& test) { return test.param.name; });

TEST(CloudChat, ARefusedPortIsANetworkError) {
    const embedded_server::RefusingPort port;
    const auto [status, output, errors] = ask_once(port.url());
    EXPECT_EQ(status, 5);
    EXPECT_TRUE(is_one_line(errors)) << errors;
    EXPECT_TRUE(errors.starts_with("cloud-chat: no connection: ")) << errors;
}

TEST(CloudChat, ASilentServerIsGivenUpAfterTheTimeout) {
    EmbeddedServer server;
    server.enqueue(two_words_of_three().then_stall());
    const auto [status, output, errors] =
        run({"--base-url", server.url(), "--timeout", "2", "ping"});
    EXPECT_EQ(status, 6);
    EXPECT_EQ(output, "one two\n");
    EXPECT_TRUE(is_one_line(errors)) << errors;
    EXPECT_TRUE(errors.starts_with("cloud-chat: the server took too long: ")) << errors;
}

TEST(CloudChat, ACutAnswerIsKeptAndReported) {
    EmbeddedServer server;
    server.enqueue(two_words_of_three().then_close());
    const auto [status, output, errors] = ask_once(server.url());
    EXPECT_EQ(status, 7);
    EXPECT_EQ(output, "one two\n");
    EXPECT_TRUE(is_one_line(errors)) << errors;
    EXPECT_TRUE(errors.starts_with("cloud-chat: the answer was cut short: ")) << errors;
}

TEST(CloudChat, WrongArgumentsAndSettingsSendNothing) {
    const EmbeddedServer server;
    for (const Arguments& arguments : {Arguments{"--nonsense"},
                                       {"--timeout", "0", "ping"},
                                       {"--retries", "x", "ping"},
                                       {"--embedded", "--base-url", server.url(), "ping"},
                                       {"--base-url", "ftp://x", "ping"},
                                       {"--base-url", server.url(), ""},
                                       {"--base-url", server.url(), "--service", "groq", "ping"},
                                       {"--base-url", server.url()}}) {
        const auto [status, output, errors] = run(arguments);
        EXPECT_EQ(status, 2) << arguments.front();
        EXPECT_EQ(output, "");
        EXPECT_TRUE(is_one_line(errors)) << errors;
        EXPECT_TRUE(errors.ends_with("; see cloud-chat --help\n")) << errors;
    }
    EXPECT_EQ(server.connection_count(), 0U);
}

}  // namespace

}  // namespace cloud_backend::test
