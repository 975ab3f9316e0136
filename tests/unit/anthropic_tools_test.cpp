#include "chat/anthropic_request.hpp"

#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

// Tools, parts and schemas in Anthropic's form (SPEC C1, T11).
namespace cloud_backend::detail {
namespace {

using Json = nlohmann::json;

const auto schema = RawJson::parse_text(R"({"type":"object"})");

Json body(const ChatRequest& request) {
    return Json::parse(to_anthropic_json(request, Delivery::whole));
}

Json content(Message message) {
    return body({.messages = {std::move(message)}}).at("messages").at(0).at("content");
}

std::string complaint_of(const ChatRequest& request) {
    try {
        (void)to_anthropic_json(request, Delivery::whole);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "(no error)";
}

TEST(AnthropicTools, AFunctionHasAnInputSchema) {
    Tool cached = Tool::function("g", "");
    cached.strict = true;
    cached.extra = Json{{"cache_control", {{"type", "ephemeral"}}}};
    const Tool search{
        .type = "web_search_20250305", .name = "web_search", .extra = Json{{"max_uses", 5}}};
    EXPECT_EQ(body({.tools = {Tool::function("f", "does", schema), cached, search}}).at("tools"),
              Json::parse(R"([
        {"name":"f","description":"does","input_schema":{"type":"object"}},
        {"name":"g","input_schema":{"type":"object","properties":{}},"strict":true,
         "cache_control":{"type":"ephemeral"}},
        {"type":"web_search_20250305","name":"web_search","max_uses":5}])"));
}

TEST(AnthropicTools, SaysWhichToCallAndHowManyAtOnce) {
    const auto written = [](ToolChoice choice, std::optional<bool> parallel = {}) {
        return body({.tool_choice = std::move(choice), .parallel_tool_calls = parallel})
            .at("tool_choice")
            .dump();
    };
    EXPECT_EQ(written(ToolChoice::automatic()), R"({"type":"auto"})");
    EXPECT_EQ(written(ToolChoice::automatic(), true), R"({"type":"auto"})");
    EXPECT_EQ(written(ToolChoice::required(), false),
              R"({"disable_parallel_tool_use":true,"type":"any"})");
    EXPECT_EQ(written(ToolChoice::function("f")), R"({"name":"f","type":"tool"})");
    EXPECT_EQ(written(ToolChoice::none(), false), R"({"type":"none"})");

    const std::vector<Tool> tools{Tool::function("f", "")};
    EXPECT_EQ(body({.tools = tools, .parallel_tool_calls = false}).at("tool_choice"),
              Json::parse(R"({"type":"auto","disable_parallel_tool_use":true})"));
    EXPECT_FALSE(body({.tools = tools, .parallel_tool_calls = true}).contains("tool_choice"));
    EXPECT_FALSE(body({.parallel_tool_calls = false}).contains("tool_choice"));
}

TEST(AnthropicTools, ASchemaIsTheFormatOfTheAnswer) {
    EXPECT_EQ(
        body({.response_format = ResponseFormat::json_schema("n", schema)}).at("output_config"),
        Json::parse(R"({"format":{"type":"json_schema","schema":{"type":"object"}}})"));
    EXPECT_FALSE(body({.response_format = ResponseFormat::text()}).contains("output_config"));
}

TEST(AnthropicTools, TheUserIsMetadata) {
    EXPECT_EQ(body({.user = "ada"}).at("metadata"), Json::parse(R"({"user_id":"ada"})"));
}

TEST(AnthropicTools, HintsWithoutACounterpartAreLeftOut) {
    const ChatRequest hints{.frequency_penalty = 1,
                            .presence_penalty = 1,
                            .logit_bias = {{1, 1}},
                            .logprobs = false,
                            .reasoning_effort = "low",
                            .verbosity = "low",
                            .service_tier = "flex",
                            .store = true,
                            .metadata = {{"a", "b"}}};
    EXPECT_EQ(body(hints), body({}));
}

TEST(AnthropicTools, PartsBecomeBlocks) {
    EXPECT_EQ(
        content(Message::user(
            "look",
            {TextPart{"more"}, ImagePart{.url = "https://a/b.png", .detail = "low"},
             ImagePart{.url = "data:image/png;base64,AA=="}, FilePart{.file_id = "file_1"},
             FilePart{.filename = "a.pdf", .file_data = "data:application/pdf;base64,JVBERi0="},
             RawJson::parse_text(R"({"type":"search_result"})")})),
        Json::parse(R"([
        {"type":"text","text":"look"},
        {"type":"text","text":"more"},
        {"type":"image","source":{"type":"url","url":"https://a/b.png"}},
        {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}},
        {"type":"document","source":{"type":"file","file_id":"file_1"}},
        {"type":"document","title":"a.pdf",
         "source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="}},
        {"type":"search_result"}])"));
    EXPECT_EQ(content(Message::user(" ", {TextPart{"x"}})),
              Json::parse(R"([{"type":"text","text":"x"}])"));
}

TEST(AnthropicTools, AResultMayHoldParts) {
    Message result = Message::tool("a", "seen");
    result.parts = {ImagePart{.url = "https://a/b.png"}};
    EXPECT_EQ(content(result), Json::parse(R"([{"type":"tool_result","tool_use_id":"a","content":[
        {"type":"text","text":"seen"},
        {"type":"image","source":{"type":"url","url":"https://a/b.png"}}]}])"));
}

TEST(AnthropicTools, PartsOfAnAnswerStandBeforeItsCalls) {
    Message answer = Message::assistant("so");
    answer.parts = {TextPart{"it is"}, RawJson::parse_text(R"({"type":"reference"})")};
    answer.tool_calls = {{.id = "a", .name = "f"}};
    EXPECT_EQ(content(answer), Json::parse(R"([{"type":"text","text":"so"},
        {"type":"text","text":"it is"},{"type":"tool_use","id":"a","name":"f","input":{}}])"));
    answer.tool_calls.clear();
    answer.parts = {RawJson::parse_text(R"({"type":"reference"})")};
    EXPECT_EQ(content(answer), "so");
}

TEST(AnthropicTools, ASpokenAnswerIsWhatWasSaid) {
    Message spoken = Message::assistant("");
    spoken.audio = AudioAnswer{.id = "audio_1", .transcript = "hello"};
    EXPECT_EQ(content(spoken), "hello");
}

TEST(AnthropicTools, BlankTextsAreLeftOut) {  // They are refused.
    EXPECT_EQ(content(Message::user("hi", {TextPart{" \n"}, TextPart{"there"}})),
              Json::parse(R"([{"type":"text","text":"hi"},{"type":"text","text":"there"}])"));
    Message answer = Message::assistant("so");
    answer.parts = {TextPart{}};
    EXPECT_EQ(content(answer), "so");
}

TEST(AnthropicTools, ACallOfAnotherServersKindIsLeftOut) {
    Message answer = Message::assistant("so");
    answer.tool_calls = {{.id = "a", .type = "mcp", .extra = Json{{"mcp", 1}}}};
    EXPECT_EQ(content(answer), "so");
}

TEST(AnthropicTools, ASystemPromptMayHoldTexts) {
    Message system = Message::system("Be ");
    system.parts = {TextPart{"brief."}};
    EXPECT_EQ(body({.messages = {system}}).at("system"), "Be brief.");
}

TEST(AnthropicTools, RefusesByNameWhatCannotBeSaid) {
    const auto with = [](ContentPart part) {
        return ChatRequest{.messages = {Message::user("", {std::move(part)})}};
    };
    Message system = Message::system("");
    system.parts = {TextPart{}, ImagePart{}};
    struct Case {
        ChatRequest request;
        std::string complaint;
    };
    for (const auto& [request, complaint] : std::vector<Case>{
             {{.tools = {Tool::custom("sh", "")}},
              "tools[0] is custom: Anthropic's protocol has functions only"},
             {{.tools = {Tool::function("f", "", RawJson::parse_text("[]"))}},
              "tools[0].parameters is not a JSON object in UTF-8"},
             {{.tool_choice = ToolChoice::custom("sh")},
              "tool_choice is custom: Anthropic's protocol has functions only"},
             {{.tool_choice = ToolChoice::function("\xFF")}, "tool_choice.name is not valid UTF-8"},
             {{.response_format = ResponseFormat::json_object()},
              "response_format is json_object: Anthropic's protocol has schemas only"},
             {{.response_format = ResponseFormat::json_schema("n", {})},
              "response_format.schema is not a JSON object in UTF-8"},
             {{.logprobs = true}, "logprobs: Anthropic's protocol has none"},
             {{.user = "\xFF"}, "user is not valid UTF-8"},
             {with(AudioPart{}), "messages[0].parts[0] is a sound: Anthropic's protocol has none"},
             {with(ImagePart{.url = "data:image/png,x"}),
              "messages[0].parts[0].url is a data: URL without base64"},
             {with(ImagePart{.url = "\xFF"}), "messages[0].parts[0].url is not valid UTF-8"},
             {with(RawJson::parse_text("1")), "messages[0].parts[0] is not a JSON object in UTF-8"},
             {{.messages = {system}},
              "messages[0].parts[1] is no text: a system prompt of other parts goes into "
              "\"system\" of the request's extra"},
         }) {
        EXPECT_EQ(complaint_of(request), complaint);
    }
}

}  // namespace
}  // namespace cloud_backend::detail
