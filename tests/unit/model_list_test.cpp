#include "chat/model_list.hpp"

#include "../support/call_fixture.hpp"
#include "chat/json_document.hpp"

#include <cloud_backend/anthropic.hpp>
#include <cloud_backend/openai.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Lists of models: what servers send, and the backends' face.
namespace cloud_backend::test {
namespace {

using Lines = std::vector<std::string>;

/// Each model as "id|created|owned_by|extra".
Lines lines_of(const std::vector<ModelInfo>& models) {
    Lines lines;
    for (const auto& [id, created, owned_by, extra] : models) {
        lines.push_back(id + '|' + std::to_string(created) + '|' + owned_by + '|' + extra.text());
    }
    return lines;
}

std::optional<Lines> read(std::string_view text) {
    detail::JsonDocument document;
    const auto parsed = document.parse(text);
    const auto models = detail::read_model_list(std::get<simdjson::dom::element>(parsed));
    return models ? std::optional(lines_of(*models)) : std::nullopt;
}

struct KnownList {
    const char* server;
    const char* json;
    Lines models;
};

// C2, C4
TEST(ModelList, IsReadAsServersWriteIt) {
    const std::vector<KnownList> known{
        {"OpenAI",
         R"({"object":"list","data":[
             {"id":"gpt-a","object":"model","created":1700000001,"owned_by":"openai"},
             {"id":"gpt-b","object":"model","created":1700000002,"owned_by":"system"}]})",
         {"gpt-a|1700000001|openai|", "gpt-b|1700000002|system|"}},
        {"Ollama without models", R"({"object":"list","data":null})", {}},
        {"llama.cpp, which lists each twice",
         R"({"models":[{"name":"m.gguf","model":"m.gguf"}],"object":"list",
             "data":[{"id":"m.gguf","created":5,"owned_by":"llamacpp","meta":{"n_ctx":4096}}]})",
         {R"(m.gguf|5|llamacpp|{"meta":{"n_ctx":4096}})"}},
        {"a list called models, of names",
         R"({"models":[{"name":"command-x","context_length":8}],"next_page_token":""})",
         {R"(command-x|0||{"context_length":8})"}},
        {"models beside null", R"({"data":null,"models":[{"id":"a"}]})", {"a|0||"}},
        {"Together, which sends the bare list",
         R"([{"id":"meta/llama","object":"model","created":0,"organization":"Meta",
              "pricing":{"input":0.5}}])",
         {R"(meta/llama|0||{"organization":"Meta","pricing":{"input":0.5}})"}},
        {"OpenRouter, whose names are for people",
         R"({"data":[{"id":"org/m:free","name":"Org: M","created":1700000003.5}]})",
         {R"(org/m:free|1700000003||{"name":"Org: M"})"}},
        {"Gemini",
         R"({"object":"list","data":[{"id":"models/gemini-x","object":"model","owned_by":"google"}]})",
         {"models/gemini-x|0|google|"}},
        {"Anthropic",
         R"({"data":[{"type":"model","id":"claude-x","display_name":"Claude X",
              "created_at":"2025-01-01T00:00:00Z"}],"has_more":false,"first_id":"claude-x"})",
         {R"(claude-x|0||{"type":"model","display_name":"Claude X","created_at":"2025-01-01T00:00:00Z"})"}},
        {"null, missing and mistyped fields",
         R"({"data":[{"id":"a","created":null,"owned_by":null,"x":null},
             {"id":"b","created":"soon","owned_by":7}]})",
         {"a|0||", "b|0||"}},
        {"entries that no request can name",
         R"({"data":[null,1,"x",[],{},{"id":null},{"id":""},{"id":3},{"owned_by":"x"},{"id":"a"}]})",
         {"a|0||"}},
        {"an empty list", R"({"data":[]})", {}},
        {"an empty bare list", "[]", {}},
    };
    for (const auto& [server, json, models] : known) {
        const auto list = read(json);
        ASSERT_TRUE(list) << server;
        EXPECT_EQ(*list, models) << server;
    }
}

TEST(ModelList, IsNothingElse) {
    for (const char* json :
         {"{}", "null", "7", R"("a")", R"({"object":"list"})", R"({"data":{"id":"a"}})",
          R"({"data":"a","models":7})", R"({"id":"a","object":"model"})", R"({"data":null})",
          R"({"success":false,"message":"no","data":null})", R"({"object":"error","models":null})",
          R"({"object":"chat.completion","choices":[{"message":{"content":"hi"}}]})"}) {
        EXPECT_FALSE(read(json)) << json;
    }
}

class ListModels : public ::testing::Test {
protected:
    std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();
    ClientOptions options = fake_options(network);

    Lines list() const { return lines_of(create_openai_backend(options)->list_models()); }
    void expect(int status, std::string body, Headers headers = {}) const {
        network->expect(Exchange::answer(status, std::move(body), std::move(headers)));
    }
    const HttpRequest& sent() const { return network->requests.back(); }
    std::string header(std::string_view name) const {
        const auto* value = find_header(sent().headers, name);
        return value ? *value : "(none)";
    }

    const std::string one_model = R"({"data":[{"id":"a"}]})";
};

TEST_F(ListModels, IsAGetWithoutBody) {
    expect(200, one_model);
    EXPECT_EQ(list(), Lines{"a|0||"});
    EXPECT_EQ(sent().method, "GET");
    EXPECT_EQ(sent().url, "https://api.test/v1/models");
    EXPECT_EQ(sent().body, "");
    EXPECT_EQ(header("Content-Type"), "(none)");
    EXPECT_EQ(header("Accept"), "application/json");
    EXPECT_EQ(header("Authorization"), "Bearer sk-test-key");
}

TEST_F(ListModels, AsksBesideTheEndpointOfChats) {  // T12
    for (const auto& [base, url] : {
             std::pair{"https://api.test/openai/v1", "https://api.test/openai/v1/models"},
             std::pair{"https://api.test/v1/chat/completions", "https://api.test/v1/models"},
             std::pair{"https://api.test/v1/models", "https://api.test/v1/models"},
             std::pair{"https://api.test/openai?api-version=2024-10-21",
                       "https://api.test/openai/models?api-version=2024-10-21"},
         }) {
        options.base_url = base;
        expect(200, one_model);
        (void)list();
        EXPECT_EQ(sent().url, url);
    }
}

TEST_F(ListModels, OfAnthropicIsOneLongPage) {
    const auto list_from = [&](const char* base) {
        options.base_url = base;
        expect(200, R"({"data":[{"type":"model","id":"claude-x"}],"has_more":false})");
        return lines_of(create_anthropic_backend(options)->list_models());
    };
    EXPECT_EQ(list_from("https://api.test"), Lines{R"(claude-x|0||{"type":"model"})"});
    EXPECT_EQ(sent().method, "GET");
    EXPECT_EQ(sent().url, "https://api.test/v1/models?limit=1000");
    EXPECT_EQ(header("x-api-key"), "sk-test-key");
    EXPECT_EQ(header("anthropic-version"), "2023-06-01");
    (void)list_from("https://api.test/v1/messages?x=1");
    EXPECT_EQ(sent().url, "https://api.test/v1/models?limit=1000&x=1");
}

TEST_F(ListModels, IsRetriedAsAChatIs) {  // R1, R7
    expect(503, "busy");
    network->expect(Exchange().sent().fail(TransferFault::interrupted));
    expect(200, R"({"error":{"message":"overloaded","code":529}})");
    expect(200, one_model);
    EXPECT_EQ(list(), Lines{"a|0||"});
    EXPECT_EQ(network->requests.size(), 4U);
    EXPECT_EQ(sent().method, "GET");
}

TEST_F(ListModels, IsNotSentTwiceWhereThatIsForbidden) {  // SPEC 3
    options.retry.retry_ambiguous = false;
    network->expect(Exchange().sent().fail(TransferFault::interrupted));
    EXPECT_THROW((void)list(), ConnectionError);
    EXPECT_EQ(network->requests.size(), 1U);
}

TEST_F(ListModels, FailsAsAChatDoes) {  // SPEC 8, E1, E3
    options.retry.max_retries = 0;
    expect(401, R"({"error":{"message":"no such key"}})", {{"x-request-id", "r-1"}});
    const auto unknown = error_of<AuthenticationError>([&] { (void)list(); });
    EXPECT_EQ(unknown.request_id(), "r-1");
    EXPECT_NE(std::string_view(unknown.what()).find("no such key"), std::string_view::npos);
    expect(404, "404 page not found");
    EXPECT_THROW((void)list(), NotFoundError);
    expect(500, "");
    EXPECT_THROW((void)list(), InternalServerError);
    for (const char* body : {R"({"error":{"message":"sorry","code":429}})",
                             R"([{"error":{"message":"sorry","code":429}}])",
                             R"({"data":[{"id":"a"}],"error":{"message":"sorry","code":429}})"}) {
        expect(200, body);
        EXPECT_EQ(error_of<StreamError>([&] { (void)list(); }).status(), 429) << body;
    }
}

TEST_F(ListModels, AnErrorBesideAnIdIsAFieldOfTheModel) {
    expect(200, R"([{"id":"a","error":{"message":"unloaded"}}])");
    EXPECT_EQ(list(), Lines{R"(a|0||{"error":{"message":"unloaded"}})"});
}

TEST_F(ListModels, HasNoIdempotencyKey) {  // R11: a GET changes nothing.
    options.idempotency_key = true;
    expect(200, one_model);
    EXPECT_EQ(list(), Lines{"a|0||"});
    EXPECT_EQ(header("Idempotency-Key"), "(none)");
}

TEST_F(ListModels, AnAnswerThatIsNoListIsNotWhatWasPromised) {
    for (const char* body : {"", "hello", "<html><title>Login</title></html>",
                             R"({"success":false,"message":"no","data":null})"}) {
        expect(200, body, {{"Content-Type", "text/x"}});
        const auto error = error_of<ResponseError>([&] { (void)list(); });
        EXPECT_EQ(error.content_type(), "text/x") << body;
        EXPECT_FALSE(error.retryable()) << body;
    }
    EXPECT_EQ(network->requests.size(), 4U) << "a whole answer is not asked for again";
}

TEST_F(ListModels, CutIsAskedForAgain) {  // T4
    network->expect(
        Exchange().sent().head(200).body(R"({"data":[{"id":)").fail(TransferFault::interrupted));
    network->expect(Exchange().sent().head(200, {}, false).body(R"({"data":[)").finish());
    expect(200, one_model);
    EXPECT_EQ(list(), Lines{"a|0||"});
    EXPECT_EQ(network->requests.size(), 3U);
}

TEST_F(ListModels, HasTheLimitsOfAnswers) {  // T8
    options.limits.response_body = 1'000;
    expect(200, one_model + std::string(1'000, ' '));
    EXPECT_THROW((void)list(), LimitExceededError);
    options.limits.response_body = std::size_t{1} << 20;
    expect(200, std::string(300, '[') + std::string(300, ']'));
    EXPECT_THROW((void)list(), LimitExceededError);

    const auto of_length = [](std::size_t length) {
        std::string json = R"([{"id":"a"})";
        for (std::size_t i = 1; i < length; ++i) json += R"(,{"id":"a"})";
        return json + ']';
    };
    expect(200, of_length(4'096));
    EXPECT_EQ(list().size(), 4'096U);
    expect(200, of_length(4'097));
    EXPECT_THROW((void)list(), LimitExceededError);
}

TEST_F(ListModels, AnOpenCircuitRefusesIt) {  // B2
    options.retry.max_retries = 0;
    options.breaker.fail_max = 1;
    const auto backend = create_openai_backend(options);
    expect(503, "");
    EXPECT_THROW((void)backend->list_models(), InternalServerError);
    EXPECT_THROW((void)backend->list_models(), CircuitBreakerError);
    EXPECT_EQ(network->requests.size(), 1U);
}

}  // namespace
}  // namespace cloud_backend::test
