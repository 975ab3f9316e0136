#include "chat/api_error.hpp"
#include "chat/chat_reader.hpp"
#include "chat/chunk_decoder.hpp"
#include "corpus.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Recorded answers of many servers, read as they came; the folder is named by the environment
// variable CLOUD_BACKEND_CORPUS. Each line of its files is a case with the body and what it means.
namespace cloud_backend::detail {

namespace {

using Json = nlohmann::json;

using test::CorpusCase;

class ChatCorpus : public testing::Test {
protected:
    void SetUp() override {
        if (!test::corpus_available()) GTEST_SKIP() << "CLOUD_BACKEND_CORPUS names no folder";
        cases = test::load_corpus();
        ASSERT_FALSE(cases.empty());
    }

    std::vector<CorpusCase> cases{};
};

Json view_of(const Choice& choice) {
    Json tool_calls = Json::array();
    for (const auto& call : choice.message.tool_calls) {
        tool_calls.push_back({{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
    }
    return {{"index", choice.index},
            {"content", choice.message.content},
            {"reasoning", choice.message.reasoning},
            {"refusal", choice.message.refusal},
            {"tool_calls", tool_calls},
            {"finish_reason", choice.finish_reason}};
}

Json view_of(const ChatCompletion& completion) {
    Json choices = Json::array();
    for (const auto& choice : completion.choices) choices.push_back(view_of(choice));
    Json usage;
    if (completion.usage) {
        usage = {{"prompt_tokens", completion.usage->prompt_tokens},
                 {"completion_tokens", completion.usage->completion_tokens},
                 {"total_tokens", completion.usage->total_tokens}};
    }
    return {
        {"id", completion.id}, {"model", completion.model}, {"choices", choices}, {"usage", usage}};
}

/// The recorded result, with what it leaves open written as the library writes it.
Json normalised(Json result) {
    result.erase("chunks");
    for (auto& choice : result["choices"]) {
        choice.erase("parts");
        if (choice["finish_reason"].is_null()) choice["finish_reason"] = "";
        for (auto& call : choice["tool_calls"]) call.erase("index");
    }
    return result;
}

/// Streams whose usage stands in `x_groq` only, where the recorded result does not look (A6).
constexpr std::array<std::string_view, 3> usage_of_groq{
    "openinference/openinference-instrumentation-llama-index-openinference-llama_index-"
    "test_token_c-d762878a.stream0",
    "ruby-openai/groq_llama3-8b-8192_streamed_chat.stream0",
    "openllmetry/opentelemetry-instrumentation-groq-test_chat_tracing-test_chat_streaming_legacy."
    "stream0"};

bool has_usage_of_groq(const CorpusCase& recorded) {
    return std::find(usage_of_groq.begin(), usage_of_groq.end(), recorded.name) !=
           usage_of_groq.end();
}

TEST_F(ChatCorpus, StreamsReadAsRecorded) {
    std::size_t streams = 0;
    for (const auto& recorded : cases) {
        if (recorded.kind != "stream") continue;
        ++streams;
        std::string delivered;
        const ChunkCallback on_chunk([&](const ChatChunk& chunk) { delivered += chunk.content(); });
        ChatStreamReader reader(on_chunk, {},
                                std::make_unique<ChunkDecoder>(LimitOptions{}.json_depth));
        reader.begin({.status = 200, .headers = recorded.headers});
        auto reading = reader.on_body(recorded.body);
        if (std::holds_alternative<NeedMore>(reading)) reading = reader.on_end();
        EXPECT_TRUE(std::holds_alternative<Complete>(reading)) << recorded.name;
        EXPECT_EQ(reader.malformed_chunks(), 0U) << recorded.name;
        const Json result = recorded.expected["result"];
        EXPECT_EQ(reader.events_seen(), result["chunks"]) << recorded.name;
        const auto completion = reader.take();
        Json actual = view_of(completion);
        if (has_usage_of_groq(recorded)) {
            EXPECT_GT(actual["usage"]["total_tokens"], 0) << recorded.name;
            actual["usage"] = nullptr;
        }
        EXPECT_EQ(actual, normalised(result)) << recorded.name;
        if (completion.choices.size() == 1) {
            EXPECT_EQ(delivered, completion.content()) << recorded.name;
        }
    }
    EXPECT_GT(streams, 0U);
}

TEST_F(ChatCorpus, DocumentsReadAsRecorded) {
    std::size_t documents = 0;
    for (const auto& recorded : cases) {
        if (recorded.kind != "json") continue;
        ++documents;
        CompletionReader reader(LimitOptions{},
                                std::make_unique<ChunkDecoder>(LimitOptions{}.json_depth));
        reader.begin({.status = 200, .headers = recorded.headers});
        (void)reader.on_body(recorded.body);
        ASSERT_TRUE(std::holds_alternative<Complete>(reader.on_end())) << recorded.name;
        const auto completion = reader.take();
        EXPECT_EQ(view_of(completion), normalised(recorded.expected["result"])) << recorded.name;
        EXPECT_EQ(completion.raw.text(), recorded.body) << recorded.name;
    }
    EXPECT_GT(documents, 0U);
}

TEST_F(ChatCorpus, ErrorsReadAsRecorded) {
    std::size_t errors = 0;
    for (const auto& recorded : cases) {
        if (recorded.kind != "error") continue;
        ++errors;
        const Json expected = recorded.expected["error"];
        const auto error = read_api_error(recorded.status, recorded.headers, recorded.body);
        const auto text = [&](const char* key) {
            const Json& value = expected[key];
            return value.is_string() ? value.get<std::string>()
                   : value.is_null() ? ""
                                     : value.dump();
        };
        EXPECT_EQ(error.api.status, expected["status"]) << recorded.name;
        // Of a body that says nothing the record holds words of its own.
        if (!recorded.body.empty()) {
            EXPECT_EQ(error.message, text("message")) << recorded.name;
        }
        EXPECT_EQ(error.api.code, text("code")) << recorded.name;
        EXPECT_EQ(error.api.type, text("type")) << recorded.name;
    }
    EXPECT_GT(errors, 0U);
}

}  // namespace

}  // namespace cloud_backend::detail
