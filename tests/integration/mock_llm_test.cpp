#include "../support/backend_fixture.hpp"
#include "real_server_process.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>
#include <socket.hpp>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// mock-llm, a server of OpenAI's protocol that others have written. It differs from OpenAI's:
// - A stream holds the text of the first choice only, ends it with "stop", and tells no usage.
// - A stream of an answer without text, so of one that calls tools, is a 500 of type
//   text/event-stream whose body is JSON.
// - An error in answer to a request for a stream is an event of a 200, with no [DONE] behind it.
// - Chunks are cut by UTF-16 units: a character beyond U+FFFF may become two lone surrogates.
// - Errors of its own have text as `error`, with `message` and `status` beside it.
namespace cloud_backend::test {
namespace {

std::string program() {
    const char* path = std::getenv("CLOUD_BACKEND_MOCK_LLM");  // NOLINT(concurrency-mt-unsafe)
    return path == nullptr ? MOCK_LLM_PROGRAM : path;
}

/// It accepts once it is constructed.
class MockLlmServer {
public:
    MockLlmServer()
        : process_({"env", "HOST=127.0.0.1", "PORT=" + std::to_string(port_.port()), program(),
                    "--config", MOCK_LLM_RULES}) {
        static_cast<void>(process_.await_line_with("server running on"));
    }
    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(port_.port()) + "/v1";
    }

private:
    /// Bound only, so that nobody else takes the port before the server listens on it.
    embedded_server::RefusingPort port_{};
    ChildProcess process_;
};

/// One server for all tests, for it takes longer to start than they do.
class MockLlm : public ::testing::Test {
protected:
    void SetUp() override {
        require_programs({"env", "node", program()});
        if (IsSkipped() || HasFatalFailure()) return;
        if (!server_) server_ = std::make_unique<MockLlmServer>();
        backend = create_openai_backend(quick_options(server_->url()));
    }
    static void TearDownTestSuite() { server_.reset(); }

    ChatCompletion plain(const ChatRequest& request) { return backend->chat_completion(request); }

    /// Keeps the pieces of the text that were delivered.
    ChatCompletion streamed(const ChatRequest& request) {
        pieces.clear();
        return backend->chat_completion(request, [this](const ChatChunk& chunk) {
            if (!chunk.content().empty()) pieces.emplace_back(chunk.content());
        });
    }

    std::unique_ptr<OpenAICloudBackend> backend{};
    std::vector<std::string> pieces{};

private:
    static inline std::unique_ptr<MockLlmServer> server_{};
};

ChatRequest with_tool() {
    ChatRequest request = ask("weather?");
    request.tools = {Tool::function("look_up", "Looks up the weather of a city.")};
    return request;
}

template <class Failure, class Call>
std::optional<Failure> failure_of(Call&& call) {
    try {
        static_cast<void>(call());
    } catch (const Failure& failure) {
        return failure;
    }
    return std::nullopt;
}

TEST_F(MockLlm, AnswersPlain) {
    const auto answer = plain(ask("Grüße, 日本語 😀"));
    EXPECT_EQ(answer.content(), "Grüße, 日本語 😀");
    EXPECT_EQ(answer.finish_reason(), "stop");
    EXPECT_EQ(answer.id, "chatcmpl-1");
    EXPECT_EQ(answer.model, ask().model);
    EXPECT_EQ(answer.usage.value().total_tokens, 7);
}

TEST_F(MockLlm, AnswersStreamed) {
    const auto answer = streamed(ask("Grüße, 日本語"));
    EXPECT_EQ(answer.content(), "Grüße, 日本語");
    EXPECT_EQ(pieces, (std::vector<std::string>{"Grü", "ße,", " 日本", "語"}));
    EXPECT_EQ(answer.finish_reason(), "stop");
    EXPECT_EQ(answer.id, "chatcmpl-1");
    EXPECT_EQ(answer.model, ask().model);
    EXPECT_FALSE(answer.usage.has_value());
}

TEST_F(MockLlm, ACharacterCutInTwoIsReplaced) {  // S4
    EXPECT_EQ(streamed(ask("ab😀c")).content(), "ab\uFFFD\uFFFDc");
    EXPECT_EQ(streamed(ask("a😀c")).content(), "a😀c");
}

TEST_F(MockLlm, IsSentTheKeyAndWhatIsAccepted) {  // C1a
    EXPECT_EQ(plain(ask("headers")).content(), "Bearer sk-test-key, application/json");
    EXPECT_EQ(streamed(ask("headers")).content(), "Bearer sk-test-key, text/event-stream");
}

TEST_F(MockLlm, GivesSeveralAnswers) {
    ChatRequest request = ask();
    request.n = 2;
    const auto answer = plain(request);
    ASSERT_EQ(answer.choices.size(), 2U);
    EXPECT_EQ(answer.choices[0].message.content, "one");
    EXPECT_EQ(answer.choices[1].message.content, "two");
    EXPECT_EQ(answer.choices[1].finish_reason, "length");

    const auto first = streamed(request);
    ASSERT_EQ(first.choices.size(), 1U) << "[DONE] ends the stream whatever is missing (S5)";
    EXPECT_EQ(first.content(), "one");
}

TEST_F(MockLlm, CallsToolsAndTakesTheirResults) {
    ChatRequest request = with_tool();
    const Message message = plain(request).choices.at(0).message;
    ASSERT_EQ(message.tool_calls.size(), 2U);
    EXPECT_EQ(message.tool_calls[0].id, "call_1");
    EXPECT_EQ(message.tool_calls[0].name, "look_up");
    EXPECT_EQ(message.tool_calls[0].arguments, R"({"city":"Köln"})");
    EXPECT_EQ(message.tool_calls[1].arguments, "{}");

    request.messages.push_back(message);
    for (const ToolCall& call : message.tool_calls) {
        request.messages.push_back(Message::tool(call.id, "rain"));
    }
    EXPECT_EQ(plain(request).content(), "call_1 call_2, call_2: rain");
    EXPECT_EQ(streamed(request).content(), "call_1 call_2, call_2: rain");
}

TEST_F(MockLlm, FailsToStreamToolCalls) {
    const auto error =
        failure_of<InternalServerError>([&] { return streamed(with_tool()); }).value();
    EXPECT_EQ(error.status(), 500);
    EXPECT_TRUE(pieces.empty());
    EXPECT_EQ(error.partial(), nullptr);
}

TEST_F(MockLlm, RefusesTheKey) {  // E3
    const auto error =
        failure_of<AuthenticationError>([&] { return plain(ask("unauthorized")); }).value();
    EXPECT_EQ(error.api_code(), "invalid_api_key");
    EXPECT_EQ(error.details().message, "no such key");
    EXPECT_EQ(error.attempts().size(), 1U);

    const auto in_stream =
        failure_of<StreamError>([&] { return streamed(ask("unauthorized")); }).value();
    EXPECT_EQ(in_stream.details().api.status, 401);
    EXPECT_EQ(in_stream.details().api.code, "invalid_api_key");
    EXPECT_EQ(in_stream.details().message, "no such key");
    EXPECT_EQ(in_stream.attempts().size(), 1U);
}

TEST_F(MockLlm, LimitsTheRate) {  // R1, E3
    const auto error = failure_of<RateLimitError>([&] { return plain(ask("too fast")); }).value();
    EXPECT_EQ(error.api_code(), "rate_limit_exceeded");
    EXPECT_TRUE(error.retryable());
    EXPECT_EQ(error.attempts().size(), 4U);

    const auto in_stream =
        failure_of<StreamError>([&] { return streamed(ask("too fast")); }).value();
    EXPECT_EQ(in_stream.details().api.status, 429);
    EXPECT_EQ(in_stream.details().api.code, "rate_limit_exceeded");
    EXPECT_EQ(in_stream.attempts().size(), 4U);
}

TEST_F(MockLlm, IsAskedAgainWhenItIsBusy) {
    const auto answer = streamed(ask("busy once"));
    EXPECT_EQ(answer.content(), "busy once");
    EXPECT_EQ(answer.metadata.attempts.size(), 2U);
}

TEST_F(MockLlm, TellsItsOwnErrors) {  // E1
    const auto error =
        failure_of<NotFoundError>([&] {
            return plain({.model = "m", .messages = {Message::assistant("no rule for this")}});
        }).value();
    EXPECT_EQ(error.details().message, "Not Found");
}

}  // namespace
}  // namespace cloud_backend::test
