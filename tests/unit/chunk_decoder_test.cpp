#include "chat/chunk_decoder.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace cloud_backend::detail {

namespace {

class ChunkDecoderTest : public testing::Test {
protected:
    void SetUp() override { decoder_ = ChunkDecoder(256); }
    ChunkDecoder::Event decode(std::string_view data) {
        padded_ = data;
        padded_.append(SseParser::padding, 'x');
        return decoder_.decode(std::string_view(padded_).substr(0, data.size()), chunk_);
    }
    const ChatChunk& chunk(std::string_view data) {
        return *std::get<const ChatChunk*>(decode(data));
    }
    /// The delta of the only choice, given as JSON.
    const Delta& delta(std::string_view json) {
        return chunk(R"({"choices":[{"delta":)" + std::string(json) + "}]}").choices.at(0).delta;
    }
    const ToolCallDelta& tool_call(std::string_view json) {
        return delta(R"({"tool_calls":[)" + std::string(json) + "]}").tool_calls.at(0);
    }
    /// The content of a chunk that is delivered.
    std::string delivered(std::string_view data) {
        std::string content(chunk(data).content());
        decoder_.commit();
        return content;
    }
    ErrorDetails error(std::string_view data) { return std::get<ErrorDetails>(decode(data)); }
    bool is_malformed(std::string_view data) {
        return std::holds_alternative<MalformedChunk>(decode(data));
    }

private:
    std::string padded_{};
    ChunkDecoder decoder_{256};
    ChatChunk chunk_{};
};

constexpr std::string_view full_chunk =
    R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt",)"
    R"("service_tier":"default","system_fingerprint":"fp_1","obfuscation":"abc","x_new":1,)"
    R"("choices":[{"index":1,"delta":{"role":"assistant","content":"Hi","refusal":"no",)"
    R"("reasoning_content":"hm","annotations":[{"type":"url_citation"}],"audio":{"id":"a"},"images":[1],)"
    R"("tool_calls":[{"index":2,"id":"call_1","type":"function",)"
    R"("function":{"name":"f","arguments":"{\"a\":"},"extra_content":{"signature":"s"}}]},)"
    R"("logprobs":{"content":[]},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,)"
    R"("prompt_tokens_details":{"cached_tokens":4},)"
    R"("completion_tokens_details":{"reasoning_tokens":5}}})";

// C2
TEST_F(ChunkDecoderTest, ReadsEveryField) {
    const ChatChunk& read = chunk(full_chunk);
    EXPECT_EQ(read.id, "chatcmpl-1");
    EXPECT_EQ(read.created, 1700000000);
    EXPECT_EQ(read.model, "gpt");
    EXPECT_EQ(read.service_tier, "default");
    EXPECT_EQ(read.system_fingerprint, "fp_1");
    EXPECT_EQ(read.extra.text(), R"({"x_new":1})");
    EXPECT_EQ(read.raw.text(), full_chunk);

    ASSERT_TRUE(read.usage);
    EXPECT_EQ(read.usage->prompt_tokens, 1);
    EXPECT_EQ(read.usage->completion_tokens, 2);
    EXPECT_EQ(read.usage->total_tokens, 3);
    EXPECT_EQ(read.usage->cached_tokens, 4);
    EXPECT_EQ(read.usage->reasoning_tokens, 5);
    EXPECT_NE(full_chunk.find(read.usage->raw.text()), std::string_view::npos);
    EXPECT_FALSE(read.usage->raw.empty());

    ASSERT_EQ(read.choices.size(), 1U);
    EXPECT_EQ(read.choices[0].index, 1);
    EXPECT_EQ(read.choices[0].finish_reason, "stop");
    EXPECT_EQ(read.choices[0].logprobs.text(), R"({"content":[]})");

    const Delta& delta = read.choices[0].delta;
    EXPECT_EQ(delta.role, Role::assistant);
    EXPECT_EQ(delta.content, "Hi");
    EXPECT_EQ(delta.reasoning, "hm");
    EXPECT_EQ(delta.refusal, "no");
    EXPECT_EQ(delta.annotations.text(), R"([{"type":"url_citation"}])");
    ASSERT_TRUE(delta.audio);
    EXPECT_EQ(delta.audio->id, "a");
    EXPECT_EQ(delta.extra.text(), R"({"images":[1]})");

    ASSERT_EQ(delta.tool_calls.size(), 1U);
    EXPECT_EQ(delta.tool_calls[0].index, 2);
    EXPECT_EQ(delta.tool_calls[0].id, "call_1");
    EXPECT_EQ(delta.tool_calls[0].type, "function");
    EXPECT_EQ(delta.tool_calls[0].name, "f");
    EXPECT_EQ(delta.tool_calls[0].arguments, R"({"a":)");
    EXPECT_EQ(delta.tool_calls[0].extra.text(), R"({"extra_content":{"signature":"s"}})");
}

void expect_empty(const ChatChunk& chunk) {
    EXPECT_EQ(chunk.id, "");
    EXPECT_EQ(chunk.created, 0);
    EXPECT_EQ(chunk.model, "");
    EXPECT_EQ(chunk.service_tier, "");
    EXPECT_EQ(chunk.system_fingerprint, "");
    EXPECT_FALSE(chunk.usage);
    EXPECT_TRUE(chunk.extra.empty());
}

void expect_empty(const ChunkChoice& choice) {
    EXPECT_EQ(choice.index, 0);
    EXPECT_EQ(choice.finish_reason, "");
    EXPECT_TRUE(choice.logprobs.empty());
    EXPECT_FALSE(choice.delta.role);
    EXPECT_EQ(choice.delta.content, "");
    EXPECT_EQ(choice.delta.reasoning, "");
    EXPECT_EQ(choice.delta.refusal, "");
    EXPECT_TRUE(choice.delta.tool_calls.empty());
    EXPECT_TRUE(choice.delta.annotations.empty());
    EXPECT_TRUE(choice.delta.extra.empty());
}

// C2
TEST_F(ChunkDecoderTest, TakesNullMissingAndMistypedFieldsAsEmpty) {
    for (const std::string_view data :
         {R"({"choices":[]})",
          R"({"choices":[],"id":null,"created":null,"model":null,"usage":null,"service_tier":null,)"
          R"("error":null})",
          R"({"choices":[],"id":1,"created":"x","model":{},"usage":[],"service_tier":true})",
          R"({"usage":{},"error":{},"choices":[null,1,"text"]})"}) {
        chunk(full_chunk);  // Nothing of an earlier chunk may stay.
        const ChatChunk& read = chunk(data);
        expect_empty(read);
        EXPECT_TRUE(read.choices.empty()) << data;
    }
    for (
        const std::string_view choice :
        {"{}", R"({"delta":null})", R"({"delta":{}})", R"({"delta":[]})",
         R"({"index":null,"finish_reason":null,"logprobs":null})",
         R"({"index":0,"finish_reason":7,"logprobs":{}})",
         R"({"delta":{"role":null,"content":null,"refusal":null,"reasoning":null}})",
         R"({"delta":{"reasoning_content":null,"tool_calls":null,"annotations":null,"audio":null}})",
         R"({"delta":{"role":"wizard","content":7,"refusal":[],"tool_calls":{},"annotations":[]}})",
         R"({"delta":{"role":1,"content":{},"tool_calls":[null,1],"annotations":{}}})"}) {
        chunk(full_chunk);
        const ChatChunk& read = chunk(R"({"choices":[)" + std::string(choice) + "]}");
        expect_empty(read);
        ASSERT_EQ(read.choices.size(), 1U) << choice;
        expect_empty(read.choices[0]);
    }
    for (const std::string_view call :
         {"{}", R"({"id":null,"type":null,"index":null,"function":null})",
          R"({"id":1,"type":2,"index":-1,"function":[]})",
          R"({"index":"0","function":{"name":null,"arguments":null}})",
          R"({"index":1.0,"function":{"name":1,"arguments":2}})", R"({"index":4294967296})"}) {
        chunk(full_chunk);
        const ToolCallDelta& read = tool_call(call);
        EXPECT_FALSE(read.index) << call;
        EXPECT_EQ(read.id + read.type + read.name + read.arguments, "") << call;
        EXPECT_TRUE(read.extra.empty()) << call;
    }
}

// E5
TEST_F(ChunkDecoderTest, FindsWhatIsNoObjectMalformed) {
    for (const std::string_view data : {"", "{", "text", "[DONE", "null", "1", "true", R"("text")",
                                        "[]", R"([{"choices":[]}])", R"({"choices":[]} x)"}) {
        EXPECT_TRUE(is_malformed(data)) << data;
    }
}

// S5
TEST_F(ChunkDecoderTest, KnowsTheEnd) {
    EXPECT_TRUE(std::holds_alternative<Complete>(decode("[DONE]")));
    EXPECT_TRUE(std::holds_alternative<Complete>(decode(" [DONE]\n")));
}

// A11
TEST_F(ChunkDecoderTest, FindsImpossibleChoiceIndexesMalformed) {
    for (const std::string_view index :
         {"-1", "128", "4294967296", "1.0", R"("0")", "{}", "true"}) {
        EXPECT_TRUE(is_malformed(R"({"choices":[{},{"index":)" + std::string(index) + "}]}"))
            << index;
    }
    EXPECT_EQ(chunk(R"({"choices":[{"index":127}]})").choices[0].index, 127);
    EXPECT_EQ(chunk(R"({"choices":[{"index":3},{"index":null},{}]})").choices[1].index, 0);
}

// A11
TEST_F(ChunkDecoderTest, FindsTooManyChoicesMalformed) {
    const auto with_choices = [](int count) {
        std::string choices = R"({"index":0})";
        for (int i = 1; i < count; ++i) choices += R"(,{"index":0})";
        return R"({"choices":[)" + choices + "]}";
    };
    EXPECT_EQ(chunk(with_choices(128)).choices.size(), 128U);
    EXPECT_TRUE(is_malformed(with_choices(129)));
    EXPECT_TRUE(is_malformed(with_choices(5000)));
}

TEST_F(ChunkDecoderTest, KnowsObjectsThatSayNothingOfTheAnswer) {
    for (const std::string_view data :
         {"{}", R"({"type":"ping"})", R"({"choices":null})", R"({"choices":"text","usage":{}})",
          R"({"id":"x","model":"m","error":null})", R"({"choices":{},"usage":null})"}) {
        EXPECT_TRUE(std::holds_alternative<NoDelta>(decode(data))) << data;
    }
    EXPECT_TRUE(chunk(R"({"usage":{"total_tokens":1}})").usage);
    EXPECT_TRUE(chunk(R"({"x_groq":{"usage":{"total_tokens":1}}})").usage);
}

// A3
TEST_F(ChunkDecoderTest, WritesArgumentsGivenAsObjectAsText) {
    EXPECT_EQ(tool_call(R"({"function":{"arguments": {"a": [1, 2.5], "b": "\n"}}})").arguments,
              R"({"a":[1,2.5],"b":"\n"})");
}

// A6
TEST_F(ChunkDecoderTest, FindsUsageWithinGroqsField) {
    const ChatChunk& read =
        chunk(R"({"choices":[],"x_groq":{"id":"req_1","usage":{"total_tokens":9}}})");
    ASSERT_TRUE(read.usage);
    EXPECT_EQ(read.usage->total_tokens, 9);
    EXPECT_EQ(read.extra.text(), R"({"x_groq":{"id":"req_1","usage":{"total_tokens":9}}})");
    EXPECT_FALSE(chunk(R"({"choices":[],"x_groq":{"id":"req_1"}})").usage);
}

TEST_F(ChunkDecoderTest, ReadsNumbersWithFractionsWhereIntegersAreExpected) {
    const ChatChunk& read =
        chunk(R"({"created":1700000000.75,"usage":{"prompt_tokens":3.0,"total_tokens":1e300}})");
    EXPECT_EQ(read.created, 1700000000);
    ASSERT_TRUE(read.usage);
    EXPECT_EQ(read.usage->prompt_tokens, 3);
    EXPECT_EQ(read.usage->total_tokens, 0);
}

TEST_F(ChunkDecoderTest, ReadsTokenDetailsThatStandBesideTheTotals) {
    const ChatChunk& read = chunk(R"({"usage":{"cached_tokens":4,"reasoning_tokens":5}})");
    ASSERT_TRUE(read.usage);
    EXPECT_EQ(read.usage->cached_tokens, 4);
    EXPECT_EQ(read.usage->reasoning_tokens, 5);
}

// A8
TEST_F(ChunkDecoderTest, TakesReasoningFromEitherField) {
    EXPECT_EQ(delta(R"({"reasoning_content":"a"})").reasoning, "a");
    EXPECT_EQ(delta(R"({"reasoning":"b"})").reasoning, "b");
    EXPECT_EQ(delta(R"({"reasoning":"b","reasoning_content":"a"})").reasoning, "a");
    EXPECT_EQ(delta(R"({"reasoning_content":null,"reasoning":"b"})").reasoning, "b");
    EXPECT_EQ(delta(R"({"reasoning_content":"","reasoning":"b"})").reasoning, "b");

    const Delta& read = delta(R"({"reasoning":{"effort":1}})");
    EXPECT_EQ(read.reasoning, "");
    EXPECT_EQ(read.extra.text(), R"({"reasoning":{"effort":1}})");
}

// C4: Mistral
TEST_F(ChunkDecoderTest, ReadsContentGivenAsParts) {
    const Delta& read =
        delta(R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"let "},)"
              R"({"type":"text","text":"me"}]},{"type":"thinking","thinking":" see"},)"
              R"({"type":"text","text":"2 + "},{"text":"2 = "},"4",)"
              R"({"type":"reference","reference_ids":[1]},{"type":"other","text":"x"},null]})");
    EXPECT_EQ(read.content, "2 + 2 = 4");
    EXPECT_EQ(read.reasoning, "let me see");
}

// A10
TEST_F(ChunkDecoderTest, CollectsUnknownFieldsWhereTheyStand) {
    const ChatChunk& read =
        chunk(R"({"p":"x","choices":[{"delta":{"q":[1.0],"tool_calls":[{"r":{"s":"\""}},{"t":1}],)"
              R"("u":true,"v":null}},{"delta":{"w":-1}}],"y":18446744073709551615})");
    EXPECT_EQ(read.extra.text(), R"({"p":"x","y":18446744073709551615})");
    EXPECT_EQ(read.choices[0].delta.extra.text(), R"({"q":[1.0],"u":true})");
    EXPECT_EQ(read.choices[0].delta.tool_calls[0].extra.text(), R"({"r":{"s":"\""}})");
    EXPECT_EQ(read.choices[0].delta.tool_calls[1].extra.text(), R"({"t":1})");
    EXPECT_EQ(read.choices[1].delta.extra.text(), R"({"w":-1})");
    EXPECT_EQ(chunk(R"({"choices":[],"foo":1})").extra.text(), R"({"foo":1})");
}

TEST_F(ChunkDecoderTest, ReadsMessageInPlaceOfDelta) {
    EXPECT_EQ(delivered(R"({"choices":[{"message":{"content":"all"}}]})"), "all");
    EXPECT_EQ(delivered(R"({"choices":[{"message":{"content":"of"}}]})"), "of");
}

// C4
TEST_F(ChunkDecoderTest, ReadsMessageAfterDeltasThatSaidNothing) {
    delivered(R"({"choices":[{"delta":{"role":"assistant","content":""}},{"delta":{}}]})");
    chunk(R"({"choices":[{"delta":{"content":"never delivered"}}]})");
    EXPECT_TRUE(is_malformed(R"({"choices":[{"delta":{"content":"x"}},{"index":128}]})"));
    EXPECT_EQ(delivered(R"({"choices":[{"delta":{},"message":{"content":"all"}}]})"), "all");
}

// C4
TEST_F(ChunkDecoderTest, KnowsOfEachChoiceWhetherItHadDeltas) {
    for (const std::string_view saying : {R"({"content":"a"})", R"({"reasoning":"a"})",
                                          R"({"refusal":"a"})", R"({"tool_calls":[{"id":"a"}]})"}) {
        SetUp();
        delivered(R"({"choices":[{"index":127,"delta":)" + std::string(saying) + "}]}");
        EXPECT_EQ(delivered(R"({"choices":[{"index":127,"message":{"content":"a"}}]})"), "");
        EXPECT_EQ(delivered(R"({"choices":[{"index":0,"message":{"content":"b"}}]})"), "b");
    }
}

TEST_F(ChunkDecoderTest, DoesNotRepeatDeltasThatAMessageSumsUp) {
    EXPECT_EQ(delivered(R"({"choices":[{"message":{"content":"ab"},"delta":{"content":"b"}}]})"),
              "b");
    const ChatChunk& last =
        chunk(R"({"choices":[{"message":{"content":"ab"},"finish_reason":"stop"}]})");
    EXPECT_EQ(last.content(), "");
    EXPECT_EQ(last.finish_reason(), "stop");
}

// S4
TEST_F(ChunkDecoderTest, ReadsTextWithBrokenCharacters) {
    const ChatChunk& read = chunk(R"({"choices":[{"delta":{"content":"a\ud83d"}}]})");
    EXPECT_EQ(read.content(), "a\uFFFD");
    EXPECT_EQ(read.raw.text(), R"({"choices":[{"delta":{"content":"a\ufffd"}}]})")
        << "raw is JSON that anyone can read";
    EXPECT_EQ(chunk("{\"choices\":[{\"delta\":{\"content\":\"\xF0\x9F\"}}]}").content(), "\uFFFD");
}

// E1, E3
TEST_F(ChunkDecoderTest, FindsErrors) {
    for (const std::string_view data :
         {R"({"error":{"message":"overloaded","code":503}})", R"({"error":"overloaded"})",
          R"([{"error":{"message":"overloaded"}}])",
          R"({"object":"error","message":"overloaded","code":503})",
          // OpenRouter
          R"({"error":{"message":"overloaded"},"choices":[{"delta":{},"finish_reason":"error"}]})",
          R"({"choices":[{"finish_reason":"error","error":{"message":"overloaded"}}]})"}) {
        const auto details = error(data);
        EXPECT_EQ(details.code, ErrorCode::stream) << data;
        EXPECT_EQ(details.message, "overloaded") << data;
    }
    EXPECT_EQ(error(R"({"error":{"message":"overloaded","code":503}})").api.status, 503);
}

// T4
TEST_F(ChunkDecoderTest, TakesTheFinishReasonErrorAsOne) {
    const auto details = error(R"({"choices":[{"delta":{},"finish_reason":"error"}]})");
    EXPECT_EQ(details.code, ErrorCode::stream);
    EXPECT_NE(details.message, "");
    EXPECT_EQ(error(R"({"choices":[{"finish_reason":"stop","finish_reason":"error"}]})").code,
              ErrorCode::stream);
    EXPECT_EQ(error(R"({"error":null,"error":{"message":"m"},"choices":[]})").message, "m");
}

TEST_F(ChunkDecoderTest, TakesNoOtherFieldBesideChoicesAsAnError) {
    EXPECT_EQ(chunk(R"({"message":"hello","detail":"x","choices":[{"delta":{"content":"a"}}]})")
                  .content(),
              "a");
}

// T8
TEST_F(ChunkDecoderTest, LimitsNesting) {
    const auto nested = [](std::size_t levels) {
        return R"({"x":)" + std::string(levels, '[') + '1' + std::string(levels, ']') +
               R"(,"choices":[]})";
    };
    EXPECT_EQ(error(nested(256)).code, ErrorCode::limit_exceeded);
    EXPECT_EQ(chunk(nested(255)).raw.text(), nested(255));
}

}  // namespace

}  // namespace cloud_backend::detail
