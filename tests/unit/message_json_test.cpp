#include "chat/request_json.hpp"
#include "complaint.hpp"

#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

// SPEC C1, A10, T11
namespace cloud_backend::detail {
namespace {

using test::complaint_of;
using Json = nlohmann::json;

std::string whole(const ChatRequest& request) {
    return to_json(request, Delivery::whole);
}

Json sent(Message message) {
    return Json::parse(whole({.messages = {std::move(message)}})).at("messages").at(0);
}

TEST(MessageJson, SendsTheNameAndTheRefusalOfAMessage) {
    Message message = Message::assistant("x");
    message.name = "ada";
    message.refusal = "no";
    EXPECT_EQ(Json::parse(whole({.messages = {message}})).at("messages").at(0),
              Json::parse(R"({"role":"assistant","content":"x","name":"ada","refusal":"no"})"));
    message.name = "\xFF";
    EXPECT_EQ(complaint_of([&] { whole({.messages = {message}}); }),
              "messages[0].name is not valid UTF-8");
}

TEST(MessageJson, WritesEveryRole) {
    const auto role = [](const Message& message) {
        return Json::parse(whole({.messages = {message}})).at("messages").at(0).at("role");
    };
    EXPECT_EQ(role(Message::developer("x")), "developer");
    EXPECT_EQ(role(Message::system("x")), "system");
    EXPECT_EQ(role(Message::user("x")), "user");
    EXPECT_EQ(role(Message::assistant("x")), "assistant");
    EXPECT_EQ(role(Message::tool("id", "x")), "tool");
}

TEST(MessageJson, AnAnsweredMessageCanBeSentBack) {  // A10
    Message answered = Message::assistant("");
    answered.tool_calls = {{.id = "a",
                            .name = "f",
                            .arguments = R"({"x":1})",
                            .extra = Json{{"extra_content", {{"s", "t"}}}}}};
    answered.extra = Json{{"signature", "s"}};
    answered.reasoning = "not sent back";
    const auto sent = Json::parse(whole({.messages = {answered, Message::tool("a", "2")}}));
    EXPECT_EQ(sent.at("messages"), Json::parse(R"([
        {"role":"assistant","content":null,"signature":"s","tool_calls":[{"id":"a",
         "type":"function","function":{"name":"f","arguments":"{\"x\":1}"},
         "extra_content":{"s":"t"}}]},
        {"role":"tool","content":"2","tool_call_id":"a"}])"));
}

TEST(MessageJson, ACustomToolCallIsSentBackAsOne) {
    Message answered = Message::assistant("");
    answered.tool_calls = {{.id = "a", .type = "custom", .name = "sh", .arguments = "ls"}};
    EXPECT_EQ(Json::parse(whole({.messages = {answered}})).at("messages").at(0).at("tool_calls"),
              Json::parse(R"([{"id":"a","type":"custom","custom":{"name":"sh","input":"ls"}}])"));
    answered.tool_calls[0].arguments = "\xFF";
    EXPECT_EQ(complaint_of([&] { whole({.messages = {answered}}); }),
              "messages[0].tool_calls[0].custom.input is not valid UTF-8");
}

TEST(MessageJson, TextIsEscaped) {
    EXPECT_EQ(Json::parse(whole({.messages = {Message::user("\"\\\n\x01\xF0\x9F\x98\x80")}}))
                  .at("messages")
                  .at(0)
                  .at("content"),
              "\"\\\n\x01\xF0\x9F\x98\x80");
}

TEST(MessageJson, PartsFollowTheText) {
    const auto content = [](Message message) { return sent(std::move(message)).at("content"); };
    EXPECT_EQ(content(Message::user(
                  "look", {TextPart{"more"}, ImagePart{.url = "https://a/b.png"},
                           ImagePart{.url = "data:image/png;base64,AA==", .detail = "low"},
                           AudioPart{.data = "AAAA", .format = "wav"}, FilePart{.file_id = "f-1"},
                           FilePart{.filename = "a.pdf", .file_data = "data:,x"},
                           RawJson::parse_text(R"({"type":"video_url"})")})),
              Json::parse(R"([
        {"type":"text","text":"look"},
        {"type":"text","text":"more"},
        {"type":"image_url","image_url":{"url":"https://a/b.png"}},
        {"type":"image_url","image_url":{"url":"data:image/png;base64,AA==","detail":"low"}},
        {"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},
        {"type":"file","file":{"file_id":"f-1"}},
        {"type":"file","file":{"filename":"a.pdf","file_data":"data:,x"}},
        {"type":"video_url"}])"));
    EXPECT_EQ(content(Message::user("", {TextPart{"x"}})),
              Json::parse(R"([{"type":"text","text":"x"}])"));
    EXPECT_EQ(content(Message::user("x", {})), "x");
}

TEST(MessageJson, APartThatCannotBeWrittenIsNamed) {
    const auto complaint = [](ContentPart part) {
        return complaint_of([&] { (void)sent(Message::user("", {TextPart{}, std::move(part)})); });
    };
    EXPECT_EQ(complaint(TextPart{"\xFF"}), "messages[0].parts[1].text is not valid UTF-8");
    EXPECT_EQ(complaint(ImagePart{.url = "\xFF"}),
              "messages[0].parts[1].image_url.url is not valid UTF-8");
    EXPECT_EQ(complaint(AudioPart{.data = "\xFF"}),
              "messages[0].parts[1].input_audio.data is not valid UTF-8");
    EXPECT_EQ(complaint(FilePart{.filename = "\xFF"}),
              "messages[0].parts[1].file.filename is not valid UTF-8");
    EXPECT_EQ(complaint(RawJson::parse_text("[]")),
              "messages[0].parts[1] is not a JSON object in UTF-8");
}

TEST(MessageJson, AToolMaySayJson) {
    const Json result{{"temperature", 3}};
    EXPECT_EQ(sent(Message::tool("a", result)).at("content"), R"({"temperature":3})");
    EXPECT_EQ(sent(Message::tool("a", RawJson::parse_text("[ 1 ]"))).at("content"), "[ 1 ]");
    EXPECT_EQ(sent(Message::tool("a", "text")).at("content"), "text");
}

TEST(MessageJson, WhatOnlyServersSayIsNotSentBack) {
    Message answered = Message::assistant("x");
    answered.annotations = RawJson::parse_text("[1]");
    answered.reasoning = "hm";
    EXPECT_EQ(sent(answered), Json::parse(R"({"role":"assistant","content":"x"})"));
}

TEST(MessageJson, ASpokenAnswerIsSentBackByItsId) {
    Message spoken = Message::assistant("");
    spoken.audio = AudioAnswer{.id = "audio_1", .data = "AAAA", .transcript = "hello"};
    EXPECT_EQ(sent(spoken),
              Json::parse(R"({"role":"assistant","content":null,"audio":{"id":"audio_1"}})"));
    spoken.audio->id.clear();  // Nothing to send.
    EXPECT_EQ(sent(spoken), Json::parse(R"({"role":"assistant","content":""})"));
}

TEST(MessageJson, FieldsOfACallThatAreNotKnownAreSentBackWhereTheyStood) {  // A10
    Message answered = Message::assistant("");
    answered.tool_calls = {{.id = "a",
                            .name = "f",
                            .function_extra = Json{{"thought", 1}},
                            .extra = Json{{"extra_content", 2}}}};
    EXPECT_EQ(sent(answered).at("tool_calls").at(0), Json::parse(R"({"id":"a","type":"function",
        "function":{"name":"f","arguments":"","thought":1},"extra_content":2})"));
}

TEST(MessageJson, ACallOfAKindThatIsNotKnownIsSentBackAsItCame) {  // A10
    Message answered = Message::assistant("");
    answered.tool_calls = {{.id = "a", .type = "mcp", .extra = Json{{"mcp", {{"x", 1}}}}}};
    EXPECT_EQ(sent(answered).at("tool_calls").at(0),
              Json::parse(R"({"id":"a","type":"mcp","mcp":{"x":1}})"));
    answered.tool_calls = {{.id = "a", .type = "tool", .name = "f", .arguments = "{}"}};
    EXPECT_EQ(sent(answered).at("tool_calls").at(0),
              Json::parse(R"({"id":"a","type":"tool","function":{"name":"f","arguments":"{}"}})"));
}

}  // namespace
}  // namespace cloud_backend::detail
