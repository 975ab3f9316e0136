#include "chat/request_json.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/openai.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

// Requests as others than OpenAI want them (SPEC C4).
namespace cloud_backend::detail {
namespace {

class RequestDialects : public ::testing::Test {
protected:
    ChatRequest request{.messages = {Message::user("hi")}};
    RequestDialect dialect{};

    /// Its members behind the messages.
    std::string members(Delivery delivery = Delivery::whole) const {
        const std::string json = to_json(request, delivery, dialect);
        const std::string messages = R"({"messages":[{"role":"user","content":"hi"}])";
        EXPECT_EQ(json.substr(0, messages.size()), messages);
        return json.substr(messages.size());
    }
    std::string message(const Message& message) const {
        return to_json({.messages = {message}}, Delivery::whole, dialect);
    }
};

TEST_F(RequestDialects, OnlyOneLimitOfTokensMayBeKnown) {
    request.max_completion_tokens = 2;
    EXPECT_EQ(members(), R"(,"max_completion_tokens":2})");
    dialect.max_tokens_only = true;
    EXPECT_EQ(members(), R"(,"max_tokens":2})");
    request.max_tokens = 1;
    EXPECT_EQ(members(), R"(,"max_tokens":1})");
    request.max_completion_tokens.reset();
    EXPECT_EQ(members(), R"(,"max_tokens":1})");
    request.max_tokens.reset();
    EXPECT_EQ(members(), "}");
}

TEST_F(RequestDialects, TheSeedMayHaveAnotherName) {
    request.seed = 7;
    EXPECT_EQ(members(), R"(,"seed":7})");
    dialect.seed = "random_seed";
    EXPECT_EQ(members(), R"(,"random_seed":7})");
    dialect.seed.clear();
    EXPECT_EQ(members(), "}");
}

TEST_F(RequestDialects, StreamOptionsMayBeRefused) {
    request.stream_options = StreamOptions{};
    EXPECT_EQ(members(Delivery::streamed),
              R"(,"stream":true,"stream_options":{"include_usage":true}})");
    dialect.no_stream_options = true;
    EXPECT_EQ(members(Delivery::streamed), R"(,"stream":true})");
}

TEST_F(RequestDialects, DevelopersMayBeUnknown) {
    const Message developer = Message::developer("be brief");
    EXPECT_EQ(message(developer), R"({"messages":[{"role":"developer","content":"be brief"}]})");
    dialect.developer_is_system = true;
    EXPECT_EQ(message(developer), R"({"messages":[{"role":"system","content":"be brief"}]})");
}

TEST_F(RequestDialects, ReasoningMayBeWantedBack) {
    Message answer = Message::assistant("x");
    answer.reasoning = "because";
    EXPECT_EQ(message(answer), R"({"messages":[{"role":"assistant","content":"x"}]})");
    dialect.reasoning = "reasoning_content";
    EXPECT_EQ(message(answer),
              R"({"messages":[{"role":"assistant","content":"x","reasoning_content":"because"}]})");
    answer.reasoning.clear();
    EXPECT_EQ(message(answer), R"({"messages":[{"role":"assistant","content":"x"}]})");
}

TEST_F(RequestDialects, ACallOfToolsSaysThatItHadNoReasoning) {
    dialect.reasoning = "reasoning_content";
    Message answer = Message::assistant("");
    answer.tool_calls = {{.id = "c", .name = "f", .arguments = "{}"}};
    EXPECT_EQ(message(answer),
              R"({"messages":[{"role":"assistant","content":null,"reasoning_content":"",)"
              R"("tool_calls":[{"id":"c","type":"function",)"
              R"("function":{"name":"f","arguments":"{}"}}]}]})");
}

TEST_F(RequestDialects, NamesThatWouldBreakTheRequestAreRefused) {
    const auto create = [this] {
        (void)create_openai_backend({.api_key = "k", .log = [](LogLevel, std::string_view) {}},
                                    dialect);
    };
    for (const char* name : {"a\"b", "a b", "a.b", "\\", "\n", "\xC3\xA9"}) {
        dialect = {.seed = name};
        EXPECT_THROW(create(), ConfigError) << name;
        dialect = {.reasoning = name};
        EXPECT_THROW(create(), ConfigError) << name;
    }
    for (const char* name : {"role", "content", "tool_calls"}) {
        dialect = {.reasoning = name};
        EXPECT_THROW(create(), ConfigError) << name;
    }
    dialect = {.seed = "", .reasoning = "Reasoning_2"};
    EXPECT_NO_THROW(create());
}

TEST_F(RequestDialects, ExtraStaysAsItIs) {
    request.seed = 1;
    request.max_completion_tokens = 1;
    request.extra = RawJson::parse_text(R"({"random_seed":2,"seed":3,"max_completion_tokens":4})");
    dialect = {.max_tokens_only = true, .seed = "random_seed"};
    EXPECT_EQ(members(), R"(,"max_tokens":1,"random_seed":2,"seed":3,"max_completion_tokens":4})");
}

}  // namespace
}  // namespace cloud_backend::detail
