#include "../support/anthropic_events.hpp"
#include "../support/call_fixture.hpp"

#include <cloud_backend/anthropic.hpp>
#include <cloud_backend/openai.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

// The backend's face: where requests go, with which headers, and what failures mean.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

using anthropic::joined;

constexpr std::string_view answer_json =
    R"({"type":"message","content":[{"type":"text","text":"pong"}],"stop_reason":"end_turn"})";

class AnthropicBackend : public ::testing::Test {
protected:
    std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();
    ClientOptions options = fake_options(network);
    ChatRequest ask{.model = "claude", .messages = {Message::user("ping")}};

    ChatCompletion plain() { return create_anthropic_backend(options)->chat_completion(ask); }
    ChatCompletion streamed() {
        return create_anthropic_backend(options)->chat_completion(ask, [](const ChatChunk&) {});
    }
    void expect_answer() { network->expect(Exchange::answer(200, std::string(answer_json))); }
    const HttpRequest& sent() const { return network->requests.back(); }
    std::string header(std::string_view name) const {
        const auto* value = find_header(sent().headers, name);
        return value ? *value : "(none)";
    }
};

TEST_F(AnthropicBackend, SendsTheHeadersOfTheProtocol) {
    expect_answer();
    EXPECT_EQ(plain().content(), "pong");
    EXPECT_EQ(sent().url, "https://api.test/v1/messages");
    EXPECT_EQ(header("x-api-key"), "sk-test-key");
    EXPECT_EQ(header("anthropic-version"), "2023-06-01");
    EXPECT_EQ(header("Authorization"), "(none)");
    EXPECT_EQ(header("Accept"), "application/json");
    options.headers = {{"Anthropic-Version", "2099-01-01"}, {"anthropic-beta", "x"}};
    network->expect(Exchange::answer(200, joined(anthropic::two_words())));
    EXPECT_EQ(streamed().content(), "one two");
    EXPECT_EQ(header("Accept"), "text/event-stream");
    EXPECT_EQ(header("anthropic-version"), "2099-01-01") << "the user's replaces";
    EXPECT_EQ(header("anthropic-beta"), "x");
}

TEST_F(AnthropicBackend, TheKeyNeverGoesToOpenAI) {
    options.base_url = ClientOptions{}.base_url;
    expect_answer();
    (void)plain();
    EXPECT_EQ(sent().url, "https://api.anthropic.com/v1/messages");

    network->expect(Exchange::answer(200, std::string(answer_json)));
    const auto backend = create_anthropic_backend({.api_key = "k", .transport = network});
    EXPECT_EQ(backend->chat_completion(ask).content(), "pong");
    EXPECT_EQ(sent().url, "https://api.anthropic.com/v1/messages");

    for (const char* url :
         {"https://api.openai.com/", "https://API.OpenAI.com:443/v1", "http://api.openai.com",
          "https://api.openai.com/v1?x=1", "https://api.openai.com./v1",
          "https://eu.api.openai.com/v1", "https://us.api.openai.com", "https://openai.com"}) {
        options.base_url = url;
        EXPECT_THROW((void)AnthropicCloudBackend(options), ConfigError) << url;
    }
    options.base_url = "https://notopenai.com";
    EXPECT_NO_THROW((void)AnthropicCloudBackend(options));
}

TEST_F(AnthropicBackend, RefusesTheKeyOfOpenAIsEnvironment) {
    ::setenv("OPENAI_API_KEY", "sk-openai", 1);
    ::unsetenv("OPENAI_BASE_URL");
    const ClientOptions openai = from_environment();
    ::unsetenv("OPENAI_API_KEY");
    EXPECT_THROW((void)create_anthropic_backend(openai), ConfigError);
}

TEST_F(AnthropicBackend, JoinsBaseUrlsAsEveryEndpoint) {  // T12
    for (const auto& [base, url] : {
             std::pair{"https://api.test/v1/", "https://api.test/v1/messages"},
             std::pair{"https://api.test/anthropic", "https://api.test/anthropic/messages"},
             std::pair{"https://api.test/v1/messages/", "https://api.test/v1/messages"},
             std::pair{"https://api.test/a/v1?x=1", "https://api.test/a/v1/messages?x=1"},
         }) {
        options.base_url = base;
        expect_answer();
        (void)plain();
        EXPECT_EQ(sent().url, url);
    }
}

TEST_F(AnthropicBackend, BadRequestsAreRefusedBeforeAnythingIsSent) {  // T11
    ask.n = 2;
    EXPECT_THROW(plain(), ConfigError);
    EXPECT_THROW(streamed(), ConfigError);
    EXPECT_TRUE(network->requests.empty());
}

TEST_F(AnthropicBackend, NamesErrorsAsItsStatusesDo) {  // section 8
    options.retry.max_retries = 0;
    const auto answer_with = [&](int status, const std::string& type) {
        network->expect(Exchange::answer(status,
                                         R"({"type":"error","error":{"type":")" + type +
                                             R"(","message":"sorry"},"request_id":"req_2"})",
                                         {{"request-id", "req_1"}}));
    };
    answer_with(401, "authentication_error");
    const auto unknown = error_of<AuthenticationError>([&] { plain(); });
    EXPECT_EQ(unknown.api_type(), "authentication_error");
    EXPECT_EQ(unknown.request_id(), "req_1");
    EXPECT_NE(std::string_view(unknown.what()).find("sorry"), std::string_view::npos);
    answer_with(402, "billing_error");
    EXPECT_THROW(plain(), QuotaExceededError);
    answer_with(413, "request_too_large");
    EXPECT_EQ(error_of<ApiError>([&] { streamed(); }).status(), 413);
    answer_with(429, "rate_limit_error");
    EXPECT_THROW(streamed(), RateLimitError);
    answer_with(529, "overloaded_error");
    const auto overloaded = error_of<InternalServerError>([&] { streamed(); });
    EXPECT_EQ(overloaded.status(), 529);
    EXPECT_TRUE(overloaded.retryable());
}

TEST_F(AnthropicBackend, AnOverloadedServerIsAskedAgain) {  // R1, R7
    network->expect(Exchange::answer(529, anthropic::overloaded))
        .expect(Exchange::answer(
            200, anthropic::sse(anthropic::ping) + anthropic::sse(anthropic::overloaded)))
        .expect(Exchange::answer(200, joined(anthropic::two_words())));
    const auto answer = streamed();
    EXPECT_EQ(answer.content(), "one two");
    ASSERT_EQ(answer.metadata.attempts.size(), 3U);
    EXPECT_EQ(answer.metadata.attempts[0].status, 529);
    EXPECT_EQ(answer.metadata.attempts[1].error, ErrorCode::stream);
}

TEST_F(AnthropicBackend, AnErrorInTheStreamIsNotAskedForAgainOnceItWasDelivered) {  // R7
    network->expect(Exchange::answer(
        200,
        joined({anthropic::message_start, anthropic::text_delta("a"), anthropic::overloaded})));
    const auto error = error_of<StreamError>([&] { streamed(); });
    EXPECT_EQ(error.status(), 529);
    ASSERT_NE(error.partial(), nullptr);
    EXPECT_EQ(error.partial()->content(), "a");
    EXPECT_EQ(network->requests.size(), 1U);
}

TEST_F(AnthropicBackend, AnAskTooMuchInTheStreamIsNotAskedAgain) {  // section 3
    network->expect(Exchange::answer(
        200, anthropic::sse(R"({"type":"error","error":{"type":"invalid_request_error",)"
                            R"("message":"no"}})")));
    EXPECT_EQ(error_of<StreamError>([&] { streamed(); }).status(), 400);
    EXPECT_EQ(network->requests.size(), 1U);
}

TEST(AnthropicEnvironment, GivesKeyAndUrl) {
    ::setenv("ANTHROPIC_API_KEY", "k", 1);
    ::setenv("ANTHROPIC_BASE_URL", "http://localhost:1", 1);
    EXPECT_EQ(anthropic_from_environment().api_key.value(), "k");
    EXPECT_EQ(anthropic_from_environment().base_url, "http://localhost:1/v1");
    for (const auto& [url, base] : {
             std::pair{"https://a.test/anthropic/", "https://a.test/anthropic/v1"},
             std::pair{"https://a.test/v1", "https://a.test/v1"},
             std::pair{"https://a.test/v1/messages", "https://a.test/v1/messages"},
             std::pair{"https://a.test/x?y=1", "https://a.test/x?y=1"},
         }) {
        ::setenv("ANTHROPIC_BASE_URL", url, 1);
        EXPECT_EQ(anthropic_from_environment().base_url, base);
    }
    ::setenv("ANTHROPIC_BASE_URL", "", 1);
    EXPECT_EQ(anthropic_from_environment().base_url, "https://api.anthropic.com");
    ::unsetenv("ANTHROPIC_API_KEY");
    ::unsetenv("ANTHROPIC_BASE_URL");
    EXPECT_EQ(anthropic_from_environment().api_key.value(), "");
    EXPECT_EQ(anthropic_from_environment().base_url, "https://api.anthropic.com");
}

}  // namespace
}  // namespace cloud_backend::test
