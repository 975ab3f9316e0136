#include "chat/anthropic_request.hpp"

#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

// The body of requests in Anthropic's form (SPEC C1, T11).
namespace cloud_backend::detail {
namespace {

using Json = nlohmann::json;

std::string whole(const ChatRequest& request) {
    return to_anthropic_json(request, Delivery::whole);
}

Json messages(std::vector<Message> messages) {
    return Json::parse(whole({.messages = std::move(messages)})).at("messages");
}

Message answered(std::string content, std::vector<ToolCall> calls, RawJson extra = {}) {
    Message message = Message::assistant(std::move(content));
    message.tool_calls = std::move(calls);
    message.extra = std::move(extra);
    return message;
}

std::string complaint_of(const ChatRequest& request) {
    try {
        (void)whole(request);
    } catch (const ConfigError& error) {
        return error.details().message;
    }
    return "none";
}

TEST(AnthropicRequest, SendsWhatIsSetAndTheLimitItMust) {
    EXPECT_EQ(whole({.model = "m", .messages = {Message::user("hi")}}),
              R"({"model":"m","max_tokens":4096,"messages":[{"role":"user","content":"hi"}]})");
    EXPECT_EQ(to_anthropic_json({.model = "m"}, Delivery::streamed),
              R"({"model":"m","max_tokens":4096,"messages":[],"stream":true})");
}

TEST(AnthropicRequest, TranslatesEachField) {
    struct Case {
        std::function<void(ChatRequest&)> set;
        std::string expected;
    };
    for (const auto& [set, expected] : std::vector<Case>{
             {[](auto& r) { r.max_tokens = 7; }, R"({"max_tokens":7})"},
             {[](auto& r) { r.max_completion_tokens = 8; }, R"({"max_tokens":8})"},
             {[](auto& r) { r.max_tokens = 7, r.max_completion_tokens = 8; },
              R"({"max_tokens":7})"},
             {[](auto& r) { r.temperature = 1.5; }, R"({"max_tokens":4096,"temperature":1.5})"},
             {[](auto& r) { r.top_p = 0.5; }, R"({"max_tokens":4096,"top_p":0.5})"},
             {[](auto& r) { r.n = 1; }, R"({"max_tokens":4096})"},
             {[](auto& r) {
                  r.stop = {"a", "\""};
              },
              R"({"max_tokens":4096,"stop_sequences":["a","\""]})"},
             {[](auto& r) { r.seed = 1; }, R"({"max_tokens":4096})"},
             {[](auto& r) { r.stream_options = StreamOptions{}; }, R"({"max_tokens":4096})"},
         }) {
        ChatRequest request;
        set(request);
        Json body = Json::parse(to_anthropic_json(request, Delivery::whole));
        body.erase("messages");
        EXPECT_EQ(body, Json::parse(expected));
    }
}

TEST(AnthropicRequest, SetsInstructionsApartWhereverTheyStand) {
    const auto body = Json::parse(
        whole({.messages = {Message::system("Be brief."), Message::user("hi"), Message::system(""),
                            Message::developer("Be kind."), Message::assistant("hello")}}));
    EXPECT_EQ(body.at("system"), "Be brief.\n\nBe kind.");
    EXPECT_EQ(body.at("messages"), Json::parse(R"([{"role":"user","content":"hi"},
                                                   {"role":"assistant","content":"hello"}])"));
}

TEST(AnthropicRequest, TellsTheResultsOfToolsInOneMessage) {
    const std::vector<ToolCall> calls{{.id = "a", .name = "f", .arguments = R"({"x": 1})"},
                                      {.id = "b", .name = "g", .arguments = " "}};
    EXPECT_EQ(messages({Message::user("go"), answered("let me see", calls), Message::tool("a", "1"),
                        Message::tool("b", ""), Message::user("and?"), Message::tool("c", "3")}),
              Json::parse(R"([
        {"role":"user","content":"go"},
        {"role":"assistant","content":[
            {"type":"text","text":"let me see"},
            {"type":"tool_use","id":"a","name":"f","input":{"x":1}},
            {"type":"tool_use","id":"b","name":"g","input":{}}]},
        {"role":"user","content":[
            {"type":"tool_result","tool_use_id":"a","content":"1"},
            {"type":"tool_result","tool_use_id":"b","content":""}]},
        {"role":"user","content":"and?"},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"3"}]}])"));
    EXPECT_EQ(messages({answered("", {calls[1]})}).at(0).at("content").size(), 1U)
        << "no empty text block: it would be refused";
}

TEST(AnthropicRequest, KeptContentIsSaidInsteadOfWhatTheMessageSays) {  // A10
    const auto extra = RawJson::parse_text(
        R"({"annotations":[1],"anthropic_content":[{"type":"tool_use"},{"type":"thinking"}]})");
    EXPECT_EQ(messages({answered("so", {{.id = "a", .name = "f"}}, extra)}),
              Json::parse(R"([{"role":"assistant","content":[
            {"type":"tool_use"},{"type":"thinking"}]}])"));
    Message reasoned = Message::assistant("so");
    reasoned.reasoning = "of another protocol, unsigned";
    EXPECT_EQ(messages({reasoned}).at(0).at("content"), "so");
}

TEST(AnthropicRequest, LeavesOutWhatSaysNothing) {
    const std::vector<ToolCall> call{{.id = "a", .name = "f"}};
    EXPECT_EQ(messages({answered(" \n", call)}).at(0).at("content").size(), 1U);
    Message spoken = answered("", {}, RawJson::parse_text(R"({"content":[]})"));
    const auto turns = messages({Message::user("hi"), Message::assistant(""), Message::user("?"),
                                 Message::assistant(" \n"), spoken, Message::user("")});
    EXPECT_EQ(turns, Json::parse(R"([{"role":"user","content":"hi"},{"role":"user","content":"?"},
                                     {"role":"assistant","content":[]},
                                     {"role":"user","content":""}])"));
}

TEST(AnthropicRequest, TheLastOfSeveralMembersIsSaid) {
    EXPECT_EQ(messages({answered("", {}, RawJson::parse_text(R"({"content":1,"content":2})"))})
                  .at(0)
                  .at("content"),
              2);
}

TEST(AnthropicRequest, ARefusalIsWhatTheModelSaid) {
    Message refused = Message::assistant("");
    refused.refusal = "I will not";
    EXPECT_EQ(messages({refused}).at(0).at("content"), "I will not");
}

TEST(AnthropicRequest, PartsGivenInExtraReplaceTheContent) {
    const auto parts = RawJson::parse_text(R"({"content":[{"type":"image"}],"other":1})");
    Message user = Message::user("text");
    user.extra = parts;
    Message result = Message::tool("a", "text");
    result.extra = parts;
    EXPECT_EQ(messages({user, answered("text", {{.name = "f"}}, parts), result}), Json::parse(R"([
        {"role":"user","content":[{"type":"image"}]},
        {"role":"assistant","content":[{"type":"image"}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"a",
                                   "content":[{"type":"image"}]}]}])"));
}

TEST(AnthropicRequest, ExtraComesLastUntouchedAndReplacesFieldsOfItsName) {  // C1
    EXPECT_EQ(whole({.messages = {Message::system("replaced")},
                     .max_tokens = 1,
                     .extra = RawJson::parse_text(
                         R"({"system":[ ],"max_tokens":1e2,"tools":[{"name" : "f"}]})")}),
              R"({"messages":[],"system":[ ],"max_tokens":1e2,"tools":[{"name" : "f"}]})");
}

TEST(AnthropicRequest, RefusesByNameWhatCannotBeSaid) {  // T11
    struct Case {
        ChatRequest request;
        std::string complaint;
    };
    const auto with = [](Message message) {
        return ChatRequest{.messages = {Message::user(""), std::move(message)}};
    };
    Message system_parts = Message::system("");
    system_parts.extra = Json{{"content", Json::array()}};
    Message no_object = Message::user("");
    no_object.extra = RawJson::parse_text("[]");
    for (const auto& [request, complaint] : std::vector<Case>{
             {{.n = 2}, "n is not 1: Anthropic's protocol has one choice only"},
             {{.n = 0}, "n is not 1: Anthropic's protocol has one choice only"},
             {{.extra = Json{{"stream", true}}},
              "extra contains \"stream\": the way of calling decides it"},
             {{.extra = RawJson::parse_text("1")}, "extra is not a JSON object in UTF-8"},
             {{.temperature = std::numeric_limits<double>::infinity()},
              "temperature is not a finite number"},
             {{.stop = {"\xFF"}}, "stop[0] is not valid UTF-8"},
             {with(Message::user("\xFF")), "messages[1].content is not valid UTF-8"},
             {with(Message::system("\xFF")), "messages[1].content is not valid UTF-8"},
             {with(Message::assistant("\xFF")), "messages[1].content is not valid UTF-8"},
             {with(Message::tool("\xFF", "")), "messages[1].tool_call_id is not valid UTF-8"},
             {with(answered("", {}, Json{{"anthropic_content", 1}})),
              "messages[1].extra.anthropic_content is not a list"},
             {with(system_parts),
              "messages[1].extra.content: a system prompt of parts goes into \"system\" of the "
              "request's extra"},
             {with(no_object), "messages[1].extra is not a JSON object in UTF-8"},
         }) {
        EXPECT_EQ(complaint_of(request), complaint);
    }
}

TEST(AnthropicRequest, ArgumentsThatAreNoObjectAreSentInOne) {
    for (const auto& [arguments, input] : std::vector<std::pair<std::string, std::string>>{
             {"[]", R"({"invalid_arguments":"[]"})"},
             {"{\"cut", R"({"invalid_arguments":"{\"cut"})"},
             {"\xFF", "{\"invalid_arguments\":\"\xEF\xBF\xBD\"}"},
             {"{\"\xFF\":1}", "{\"\xEF\xBF\xBD\":1}"},
             {" null ", "{}"},
             {"", "{}"}}) {
        const auto request = Json::parse(to_anthropic_json(
            {.messages = {answered("", {{.id = "a", .name = "f", .arguments = arguments}})}},
            Delivery::whole));
        EXPECT_EQ(request.at("messages").at(0).at("content").at(0).at("input"), Json::parse(input))
            << arguments;
    }
}

TEST(AnthropicRequest, KeptContentGoesToNobodyElse) {
    const auto message =
        answered("so", {}, Json{{"anthropic_content", Json::array()}, {"thought_signature", "s"}});
    EXPECT_EQ(to_json({.messages = {message}}, Delivery::whole),
              R"({"messages":[{"role":"assistant","content":"so","thought_signature":"s"}]})");
}

}  // namespace
}  // namespace cloud_backend::detail
