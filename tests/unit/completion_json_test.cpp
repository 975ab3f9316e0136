#include "chat/completion_json.hpp"

#include "chat/json_document.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace cloud_backend::detail {

namespace {

std::optional<ChatCompletion> read(std::string_view text) {
    JsonDocument document;
    return read_completion(std::get<simdjson::dom::element>(document.parse(text)));
}

constexpr std::string_view full =
    R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt",)"
    R"("service_tier":"default","system_fingerprint":"fp_1","citations":["c"],)"
    R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":"no",)"
    R"("reasoning":"hm","annotations":[{"type":"url_citation"}],"audio":{"id":"a"},"images":[1],)"
    R"("tool_calls":[{"id":"call_1","type":"custom","function":{"name":"f","arguments":"{}"},)"
    R"("extra_content":{"signature":"s"}}]},"logprobs":{"content":[]},"finish_reason":"stop",)"
    R"("content_filter_results":{"hate":{"filtered":false}},"stop_reason":null},)"
    R"({"index":1,"message":{"content":"second"},"finish_reason":"length"}],)"
    R"("usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,)"
    R"("prompt_tokens_details":{"cached_tokens":4,"audio_tokens":6},)"
    R"("completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":7,)"
    R"("accepted_prediction_tokens":8,"rejected_prediction_tokens":9}}})";

// C2
TEST(CompletionJson, ReadsEveryField) {
    const auto completion = read(full);
    ASSERT_TRUE(completion);
    EXPECT_EQ(completion->id, "chatcmpl-1");
    EXPECT_EQ(completion->created, 1700000000);
    EXPECT_EQ(completion->model, "gpt");
    EXPECT_EQ(completion->service_tier, "default");
    EXPECT_EQ(completion->system_fingerprint, "fp_1");
    EXPECT_EQ(completion->extra.text(), R"({"citations":["c"]})");
    ASSERT_TRUE(completion->usage);
    EXPECT_EQ(completion->usage->total_tokens, 3);
    EXPECT_EQ(completion->usage->cached_tokens, 4);
    EXPECT_EQ(completion->usage->reasoning_tokens, 5);
    EXPECT_EQ(completion->usage->prompt_audio_tokens, 6);
    EXPECT_EQ(completion->usage->completion_audio_tokens, 7);
    EXPECT_EQ(completion->usage->accepted_prediction_tokens, 8);
    EXPECT_EQ(completion->usage->rejected_prediction_tokens, 9);

    ASSERT_EQ(completion->choices.size(), 2U);
    const Choice& choice = completion->choices[0];
    EXPECT_EQ(choice.index, 0);
    EXPECT_EQ(choice.finish_reason, "stop");
    EXPECT_EQ(choice.logprobs.text(), R"({"content":[]})");
    EXPECT_EQ(choice.extra.text(), R"({"content_filter_results":{"hate":{"filtered":false}}})");
    EXPECT_EQ(choice.message.role, Role::assistant);
    EXPECT_EQ(choice.message.content, "Hi");
    EXPECT_EQ(choice.message.refusal, "no");
    EXPECT_EQ(choice.message.reasoning, "hm");
    EXPECT_EQ(choice.message.annotations.text(), R"([{"type":"url_citation"}])");
    ASSERT_TRUE(choice.message.audio);
    EXPECT_EQ(choice.message.audio->id, "a");
    EXPECT_EQ(choice.message.extra.text(), R"({"images":[1]})");
    ASSERT_EQ(choice.message.tool_calls.size(), 1U);
    EXPECT_EQ(choice.message.tool_calls[0].id, "call_1");
    EXPECT_EQ(choice.message.tool_calls[0].type, "custom");
    EXPECT_EQ(choice.message.tool_calls[0].name, "f");
    EXPECT_EQ(choice.message.tool_calls[0].arguments, "{}");
    EXPECT_EQ(choice.message.tool_calls[0].extra.text(), R"({"extra_content":{"signature":"s"}})");
    EXPECT_EQ(completion->choices[1].index, 1);
    EXPECT_EQ(completion->choices[1].message.content, "second");
}

// C2, A3, A12
TEST(CompletionJson, FillsInWhatIsMissing) {
    const auto completion = read(
        R"({"choices":[{"message":{"role":null,"tool_calls":[{"function":{"arguments":{"a":1}}}]}}]})");
    ASSERT_TRUE(completion);
    const Message& message = completion->choices.at(0).message;
    EXPECT_EQ(message.role, Role::assistant);
    EXPECT_EQ(message.tool_calls.at(0).type, "function");
    EXPECT_EQ(message.tool_calls.at(0).arguments, R"({"a":1})");
    EXPECT_FALSE(completion->usage);

    const auto bare = read(R"({"choices":[{"index":null,"message":null},{}]})");
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->choices.size(), 2U);
    EXPECT_EQ(bare->choices[0].index, 0);
    EXPECT_EQ(bare->choices[0].message.content, "");
}

TEST(CompletionJson, PrefersTheMessageToADelta) {  // Perplexity sends both.
    EXPECT_EQ(read(R"({"choices":[{"message":{"content":"a"},"delta":{"content":""}}]})")
                  ->choices[0]
                  .message.content,
              "a");
    EXPECT_EQ(read(R"({"choices":[{"delta":{"content":"b"}}]})")->choices[0].message.content, "b");
}

TEST(CompletionJson, KnowsWhatIsNoCompletion) {
    for (const std::string_view text : {"1", "null", "[]", R"("text")", "{}", R"({"choices":null})",
                                        R"({"choices":{}})", R"({"data":[]})"}) {
        EXPECT_FALSE(read(text)) << text;
    }
    EXPECT_TRUE(read(R"({"choices":[]})"));
}

// A11
TEST(CompletionJson, HasNoImpossibleChoices) {
    for (const std::string_view index : {"-1", "128", "4294967296", "1.0", R"("x")", "{}"}) {
        EXPECT_FALSE(read(R"({"choices":[{},{"index":)" + std::string(index) + "}]}")) << index;
    }
    EXPECT_EQ(read(R"({"choices":[{"index":127}]})")->choices.at(0).index, 127);
    const auto with_choices = [](int count) {
        std::string choices = "{}";
        for (int i = 1; i < count; ++i) choices += ",{}";
        return read(R"({"choices":[)" + choices + "]}");
    };
    EXPECT_TRUE(with_choices(128));
    EXPECT_FALSE(with_choices(129));
}

TEST(ChatChunk, TheFirstChoiceIsThatWithIndexZero) {
    ChatChunk chunk;
    EXPECT_EQ(chunk.content(), "");
    chunk.choices = {{.index = 1, .delta = {.content = "b", .reasoning = "r"}}};
    chunk.choices[0].finish_reason = "stop";
    EXPECT_EQ(chunk.content(), "");
    EXPECT_EQ(chunk.reasoning(), "");
    EXPECT_EQ(chunk.finish_reason(), "");
    chunk.choices.push_back({.index = 0, .delta = {.content = "a", .reasoning = "q"}});
    chunk.choices[1].finish_reason = "length";
    EXPECT_EQ(chunk.content(), "a");
    EXPECT_EQ(chunk.reasoning(), "q");
    EXPECT_EQ(chunk.finish_reason(), "length");
}

// E3
TEST(CompletionJson, MakesOneChunkOfACompletion) {
    auto completion = read(full);
    ASSERT_TRUE(completion);
    completion->raw = RawJson::trusted(std::string(full));
    const ChatChunk chunk = as_chunk(*completion);
    EXPECT_EQ(chunk.id, "chatcmpl-1");
    EXPECT_EQ(chunk.created, 1700000000);
    EXPECT_EQ(chunk.model, "gpt");
    EXPECT_EQ(chunk.service_tier, "default");
    EXPECT_EQ(chunk.system_fingerprint, "fp_1");
    EXPECT_EQ(chunk.extra, completion->extra);
    EXPECT_EQ(chunk.raw, completion->raw);
    ASSERT_TRUE(chunk.usage);
    EXPECT_EQ(chunk.usage->total_tokens, 3);
    ASSERT_EQ(chunk.choices.size(), 2U);
    EXPECT_EQ(chunk.choices[0].finish_reason, "stop");
    EXPECT_EQ(chunk.choices[0].logprobs.text(), R"({"content":[]})");
    EXPECT_EQ(chunk.choices[0].extra, completion->choices[0].extra);
    EXPECT_EQ(chunk.choices[1].index, 1);
    EXPECT_EQ(chunk.choices[1].delta.content, "second");

    const Delta& delta = chunk.choices[0].delta;
    EXPECT_EQ(delta.role, Role::assistant);
    EXPECT_EQ(delta.content, "Hi");
    EXPECT_EQ(delta.reasoning, "hm");
    EXPECT_EQ(delta.refusal, "no");
    ASSERT_TRUE(delta.audio);
    EXPECT_EQ(delta.audio->id, "a");
    EXPECT_EQ(delta.annotations, completion->choices[0].message.annotations);
    EXPECT_EQ(delta.extra, completion->choices[0].message.extra);
    ASSERT_EQ(delta.tool_calls.size(), 1U);
    EXPECT_EQ(delta.tool_calls[0].index, 0);
    EXPECT_EQ(delta.tool_calls[0].id, "call_1");
    EXPECT_EQ(delta.tool_calls[0].type, "custom");
    EXPECT_EQ(delta.tool_calls[0].name, "f");
    EXPECT_EQ(delta.tool_calls[0].arguments, "{}");
    EXPECT_EQ(delta.tool_calls[0].extra, completion->choices[0].message.tool_calls[0].extra);
}

}  // namespace

}  // namespace cloud_backend::detail
