#include "../support/call_fixture.hpp"
#include "../support/corpus_outcome.hpp"
#include "../support/dialect.hpp"

#include <cloud_backend/azure.hpp>
#include <cloud_backend/service_preset.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Every dialect of SPEC C4: what is sent to it, byte for byte, and what its answers come to.
namespace cloud_backend::test {
namespace {

using Json = nlohmann::json;

std::unique_ptr<OpenAICloudBackend> backend_of(const Dialect& dialect, ClientOptions options) {
    if (!dialect.service.empty()) return create_service_backend(dialect.service, options);
    const auto text = [&](const char* name) { return dialect.azure.at(name).get<std::string>(); };
    return create_azure_backend({.resource = text("resource"),
                                 .deployment = text("deployment"),
                                 .api_version = text("api_version")},
                                options);
}

/// What is asked of all of them; its fields are those that not all of them write alike.
ChatRequest conversation(const Dialect& dialect) {
    return {
        .model = Json::parse(dialect.request).at("model"),
        .messages = {Message::developer("Be brief."),
                     Message::user("How is the weather in Paris and Rome?")},
        .tools = {Tool::function(
            "weather", "The weather of a city.",
            RawJson::parse_text(R"({"type":"object","properties":{"city":{"type":"string"}}})"))},
        .max_completion_tokens = 64,
        .seed = 7,
        .stream_options = StreamOptions{}};
}

/// The answer sent back, with the results of the tools it called.
ChatRequest continued(ChatRequest request, const Message& answer) {
    request.messages.push_back(answer);
    for (const ToolCall& call : answer.tool_calls) {
        request.messages.push_back(Message::tool(call.id, "sunny"));
    }
    return request;
}

void erase_text(std::string& text, std::string_view part) {
    if (const auto at = text.find(part); at != std::string::npos) text.erase(at, part.size());
}

/// A streamed request's body as it is when a whole answer is asked for.
std::string plain(std::string body) {
    erase_text(body, R"(,"stream":true)");
    erase_text(body, R"(,"stream_options":{"include_usage":true})");
    return body;
}

Exchange exchange_of(const DialectAnswer& answer) {
    return Exchange()
        .sent()
        .head(answer.status, answer.headers, !answer.closes)
        .body(answer.body)
        .finish();
}

// --- outcomes: what is empty is left out --------------------------------------------------------

void add(Json& view, const char* name, const std::string& text) {
    if (!text.empty()) view[name] = text;
}

Json view_of(const Usage& usage) {
    Json view{{"prompt_tokens", usage.prompt_tokens},
              {"completion_tokens", usage.completion_tokens},
              {"total_tokens", usage.total_tokens}};
    if (usage.reasoning_tokens > 0) view["reasoning_tokens"] = usage.reasoning_tokens;
    return view;
}

Json view_of(const ChatCompletion& answer, std::size_t chunks) {
    Json view = Json::object();
    if (chunks > 0) view["chunks"] = chunks;
    add(view, "model", answer.model);
    add(view, "request_id", answer.metadata.request_id);
    EXPECT_EQ(answer.choices.size(), 1U);
    EXPECT_EQ(answer.metadata.malformed_chunks, 0U);
    for (const Choice& choice : answer.choices) {
        add(view, "content", choice.message.content);
        add(view, "reasoning", choice.message.reasoning);
        add(view, "refusal", choice.message.refusal);
        add(view, "finish_reason", choice.finish_reason);
        for (const ToolCall& call : choice.message.tool_calls) {
            view["tool_calls"].push_back(
                {{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
        }
    }
    if (answer.usage) view["usage"] = view_of(*answer.usage);
    return view;
}

/// The most particular of the types that `error` has.
std::string type_of(const ApiError& error) {
    if (dynamic_cast<const QuotaExceededError*>(&error) != nullptr) return "QuotaExceededError";
    if (dynamic_cast<const RateLimitError*>(&error) != nullptr) return "RateLimitError";
    if (dynamic_cast<const StreamError*>(&error) != nullptr) return "StreamError";
    if (dynamic_cast<const BadRequestError*>(&error) != nullptr) return "BadRequestError";
    if (dynamic_cast<const AuthenticationError*>(&error) != nullptr) return "AuthenticationError";
    if (dynamic_cast<const NotFoundError*>(&error) != nullptr) return "NotFoundError";
    if (dynamic_cast<const InternalServerError*>(&error) != nullptr) return "InternalServerError";
    if (dynamic_cast<const UnprocessableEntityError*>(&error) != nullptr) {
        return "UnprocessableEntityError";
    }
    return "ApiError";
}

Json view_of(const ApiError& error) {
    Json view{{"error", type_of(error)},
              {"status", error.status()},
              {"message", error.details().message}};
    add(view, "code", error.api_code());
    add(view, "type", error.api_type());
    add(view, "param", error.param());
    if (error.context_length_exceeded()) view["context_length_exceeded"] = true;
    if (error.content_filter()) view["content_filter"] = true;
    if (error.partial() != nullptr) view["partial"] = error.partial()->content();
    return view;
}

// --- the table ----------------------------------------------------------------------------------

class Dialects : public ::testing::TestWithParam<std::string> {
protected:
    Dialect dialect = load_dialect(GetParam());
    std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();

    ClientOptions options(int max_retries) const {
        ClientOptions options = fake_options(network);
        options.base_url = ClientOptions{}.base_url;
        options.api_key = dialect.key.empty() ? "" : "test-key";
        options.retry.max_retries = max_retries;
        return options;
    }

    void expect_sent(const HttpRequest& request, const std::string& body) const {
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.url, dialect.url);
        for (const char* header : {"Authorization", "api-key"}) {
            const auto* key = find_header(request.headers, header);
            EXPECT_EQ(key == nullptr ? "" : *key, dialect.key_header == header ? dialect.key : "");
        }
        EXPECT_EQ(request.body, body);
    }

    void run(const DialectCase& dialect_case) {
        const auto backend = backend_of(dialect, options(dialect_case.max_retries));
        const ChatRequest request = conversation(dialect);
        network->requests.clear();
        for (const auto& answer : dialect_case.answers) network->expect(exchange_of(answer));
        std::size_t chunks = 0;
        const auto on_chunk = [&](const ChatChunk& /*chunk*/) { ++chunks; };
        try {
            const ChatCompletion answer = dialect_case.streamed
                                              ? backend->chat_completion(request, on_chunk)
                                              : backend->chat_completion(request);
            EXPECT_EQ(first_difference(dialect_case.outcome, view_of(answer, chunks)), "");
            if (!dialect_case.reply.empty())
                reply(*backend, continued(request, answer.choices.at(0).message),
                      dialect_case.reply);
        } catch (const ApiError& error) {
            EXPECT_EQ(first_difference(dialect_case.outcome, view_of(error)), "");
        }
        ASSERT_EQ(network->requests.size(), dialect_case.answers.size());
        for (const HttpRequest& sent : network->requests) {
            expect_sent(sent, dialect_case.streamed ? dialect.request : plain(dialect.request));
        }
    }

    void reply(OpenAICloudBackend& backend, const ChatRequest& request, const std::string& body) {
        network->expect(Exchange::answer(200, R"({"choices":[{"message":{"content":"Sunny."}}]})"));
        EXPECT_EQ(backend.chat_completion(request).content(), "Sunny.");
        expect_sent(network->requests.back(), body);
        network->requests.pop_back();
    }
};

TEST_P(Dialects, SendAndReadAsWritten) {
    EXPECT_NE(plain(dialect.request), dialect.request);
    for (const DialectCase& dialect_case : dialect.cases) {
        SCOPED_TRACE(dialect_case.name);
        run(dialect_case);
    }
}

INSTANTIATE_TEST_SUITE_P(C4, Dialects, ::testing::ValuesIn(dialect_names()), [](const auto& test) {
    std::string name = test.param;
    std::erase(name, '.');
    return name;
});

TEST(DialectFixtures, CoverEveryDialect) {
    EXPECT_EQ(dialect_names(),
              (std::vector<std::string>{"azure", "deepseek", "gemini", "groq", "llama.cpp",
                                        "mistral", "ollama", "openai", "openrouter", "vllm"}));
}

}  // namespace
}  // namespace cloud_backend::test
