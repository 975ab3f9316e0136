#include "../support/anthropic_document.hpp"

#include "../support/anthropic_events.hpp"

#include <gtest/gtest.h>

#include <string_view>

// What whole messages of Anthropic mean.
namespace cloud_backend::detail {
namespace {

namespace anthropic = test::anthropic;
using test::read_document;

TEST(AnthropicDocument, ReadsAMessage) {
    const auto answer = read_document(anthropic::thinking_and_tools_document).value();
    EXPECT_EQ(answer.id, "msg_1");
    EXPECT_EQ(answer.model, "claude");
    EXPECT_EQ(answer.service_tier, "standard");
    EXPECT_EQ(answer.content(), "Looking.");
    EXPECT_EQ(answer.reasoning(), "Let me \"see\"");
    EXPECT_EQ(answer.finish_reason(), "tool_calls");
    EXPECT_EQ(answer.usage->prompt_tokens, 17);
    EXPECT_EQ(answer.usage->cached_tokens, 4);
    EXPECT_EQ(answer.usage->completion_tokens, 5);
    EXPECT_EQ(answer.usage->total_tokens, 22);
    const Message& message = answer.choices.at(0).message;
    ASSERT_EQ(message.tool_calls.size(), 2U);
    EXPECT_EQ(message.tool_calls[0].id, "toolu_1");
    EXPECT_EQ(message.tool_calls[0].name, "weather");
    EXPECT_EQ(message.tool_calls[0].arguments, R"({"city":"Rome"})");
    EXPECT_EQ(message.tool_calls[1].arguments, "{}");
    EXPECT_TRUE(message.extra.text().starts_with(
        R"({"anthropic_content":[{"type":"thinking","thinking":"Let me \"see\"",)"
        R"("signature":"c2ln"},{"type":"redacted_thinking","data":"ZGF0YQ"},{"type":"text")"));
}

TEST(AnthropicDocument, JoinsTextsAndCitations) {
    const auto answer = read_document(
                            R"({"type":"message","content":[
                                {"type":"text","text":"a","citations":[1]},
                                {"type":"server_tool_use"},
                                {"type":"text","text":"b","citations":null},
                                {"type":"text","text":"c","citations":[2,3]}]})")
                            .value();
    EXPECT_EQ(answer.content(), "abc");
    EXPECT_EQ(answer.choices[0].message.annotations.text(), "[1,2,3]");
}

TEST(AnthropicDocument, TakesNullMissingAndMistypedFieldsAsEmpty) {  // C2
    for (
        const std::string_view json :
        {R"({"type":"message","content":[]})",
         R"({"type":"message","id":null,"model":1,"usage":null,"stop_reason":null,"content":[1,null,
              {},{"type":"text"},{"type":"text","text":1},{"type":"thinking"}]})"}) {
        const auto answer = read_document(json);
        ASSERT_TRUE(answer) << json;
        EXPECT_EQ(answer->id + answer->model, "");
        EXPECT_EQ(answer->content(), "");
        EXPECT_EQ(answer->finish_reason(), "");
        EXPECT_FALSE(answer->usage);
    }
}

TEST(AnthropicDocument, IsNoneWithoutContent) {
    for (const std::string_view json :
         {R"({})", R"([])", R"("text")", R"({"type":"message"})", R"({"content":[]})",
          R"({"type":"message","content":"text"})",
          R"({"choices":[{"message":{"content":"of another protocol"}}]})"}) {
        EXPECT_FALSE(read_document(json)) << json;
    }
}

}  // namespace
}  // namespace cloud_backend::detail
