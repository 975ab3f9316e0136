#include "chat/request_json.hpp"

#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <string>

// SPEC C1, T11, 1 (passthrough), A10
namespace cloud_backend::detail {
namespace {

using Json = nlohmann::json;

ChatRequest ask() {
    return {.model = "m", .messages = {Message::user("hi")}};
}

std::string whole(const ChatRequest& request) {
    return to_json(request, Delivery::whole);
}

template <class ErrorType = ConfigError, class Run>
std::string complaint_of(Run&& run) {
    try {
        run();
    } catch (const ErrorType& error) {
        return error.what();
    }
    return "(no error)";
}

TEST(RequestJson, SendsOnlyWhatWasSet) {
    EXPECT_EQ(whole(ask()), R"({"model":"m","messages":[{"role":"user","content":"hi"}]})");
}

TEST(RequestJson, SendsEachFieldThatWasSet) {
    auto request = ask();
    request.max_tokens = 1;
    request.max_completion_tokens = 2;
    request.temperature = 0.5;
    request.top_p = 1;
    request.n = 3;
    request.stop = {"a", "\"b\""};
    request.seed = -7;
    request.stream_options = StreamOptions{};
    EXPECT_EQ(Json::parse(whole(request)), Json::parse(R"({"model":"m",
        "messages":[{"role":"user","content":"hi"}], "max_tokens":1, "max_completion_tokens":2,
        "temperature":0.5, "top_p":1.0, "n":3, "stop":["a","\"b\""], "seed":-7})"));
    const auto streamed = Json::parse(to_json(request, Delivery::streamed));
    EXPECT_EQ(streamed.at("stream"), true);
    EXPECT_EQ(streamed.at("stream_options"), Json::parse(R"({"include_usage":true})"));
    request.stream_options = StreamOptions{.include_usage = false};
    EXPECT_EQ(Json::parse(to_json(request, Delivery::streamed)).at("stream_options"),
              Json::parse(R"({"include_usage":false})"));
    request.stream_options.reset();
    EXPECT_FALSE(Json::parse(to_json(request, Delivery::streamed)).contains("stream_options"));
}

TEST(RequestJson, SendsTheNameAndTheRefusalOfAMessage) {
    Message message = Message::assistant("x");
    message.name = "ada";
    message.refusal = "no";
    EXPECT_EQ(Json::parse(whole({.messages = {message}})).at("messages").at(0),
              Json::parse(R"({"role":"assistant","content":"x","name":"ada","refusal":"no"})"));
    message.name = "\xFF";
    EXPECT_EQ(complaint_of([&] { whole({.messages = {message}}); }),
              "messages[0].name is not valid UTF-8");
}

TEST(RequestJson, WritesEveryRole) {
    const auto role = [](const Message& message) {
        return Json::parse(whole({.messages = {message}})).at("messages").at(0).at("role");
    };
    EXPECT_EQ(role(Message::developer("x")), "developer");
    EXPECT_EQ(role(Message::system("x")), "system");
    EXPECT_EQ(role(Message::user("x")), "user");
    EXPECT_EQ(role(Message::assistant("x")), "assistant");
    EXPECT_EQ(role(Message::tool("id", "x")), "tool");
}

TEST(RequestJson, AnAnsweredMessageCanBeSentBack) {  // A10
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

TEST(RequestJson, ACustomToolCallIsSentBackAsOne) {
    Message answered = Message::assistant("");
    answered.tool_calls = {{.id = "a", .type = "custom", .name = "sh", .arguments = "ls"}};
    EXPECT_EQ(Json::parse(whole({.messages = {answered}})).at("messages").at(0).at("tool_calls"),
              Json::parse(R"([{"id":"a","type":"custom","custom":{"name":"sh","input":"ls"}}])"));
    answered.tool_calls[0].arguments = "\xFF";
    EXPECT_EQ(complaint_of([&] { whole({.messages = {answered}}); }),
              "messages[0].tool_calls[0].custom.input is not valid UTF-8");
}

TEST(RequestJson, ExtraComesLastUntouchedAndReplacesFieldsOfItsName) {  // C1
    auto request = ask();
    request.temperature = 0.5;
    request.extra =
        RawJson::parse_text(R"({ "zeta": 1.0, "temperature": 1e2, "a": {"b" : [1, 2]} })");
    EXPECT_EQ(whole(request), R"({"model":"m","messages":[{"role":"user","content":"hi"}],)"
                              R"("zeta":1.0,"temperature":1e2,"a":{"b" : [1, 2]}})");
}

TEST(RequestJson, StreamInExtraIsRefusedHoweverItIsWritten) {  // T11
    for (const char* extra : {R"({"stream":true})", R"({"a":1,"\u0073tream":false})"}) {
        auto request = ask();
        request.extra = RawJson::parse_text(extra);
        EXPECT_THROW(whole(request), ConfigError) << extra;
    }
}

TEST(RequestJson, ExtraMustBeAnObject) {
    for (const char* extra : {"[]", "1", "\"x\"", "null"}) {
        auto request = ask();
        request.extra = RawJson::parse_text(extra);
        EXPECT_THROW(whole(request), ConfigError) << extra;
    }
    auto request = ask();
    request.extra = RawJson::trusted("{oops");
    EXPECT_THROW(whole(request), ConfigError);
}

TEST(RequestJson, TextThatIsNotUtf8IsRefusedByItsName) {  // T11, C1a
    auto request = ask();
    request.messages.push_back(Message::user("\xFF secret"));
    EXPECT_EQ(complaint_of([&] { whole(request); }), "messages[1].content is not valid UTF-8");
    request = ask();
    request.model = "\xC3";
    EXPECT_EQ(complaint_of([&] { whole(request); }), "model is not valid UTF-8");
    request = ask();
    request.stop = {"ok", "\xED\xA0\x80"};
    EXPECT_EQ(complaint_of([&] { whole(request); }), "stop[1] is not valid UTF-8");
    request = ask();
    request.messages[0].tool_calls = {{.arguments = "\xFF"}};
    EXPECT_EQ(complaint_of([&] { whole(request); }),
              "messages[0].tool_calls[0].function.arguments is not valid UTF-8");
}

TEST(RequestJson, ANumberThatIsNoneIsRefused) {
    auto request = ask();
    request.temperature = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(complaint_of([&] { whole(request); }), "temperature is not a finite number");
}

TEST(RequestJson, TextIsEscaped) {
    EXPECT_EQ(Json::parse(whole({.messages = {Message::user("\"\\\n\x01\xF0\x9F\x98\x80")}}))
                  .at("messages")
                  .at(0)
                  .at("content"),
              "\"\\\n\x01\xF0\x9F\x98\x80");
}

// --- passthrough ---

TEST(OverrideRequest, KeepsEveryByteButTheOverriddenValues) {
    const std::string body =
        "{ \"zeta\" : 1.0,\n \"model\":\"a\", \"stream\" : false , \"b\":[ ] }";
    EXPECT_EQ(override_request(body, "c", Delivery::streamed),
              "{ \"zeta\" : 1.0,\n \"model\":\"c\", \"stream\" : true , \"b\":[ ] }");
    EXPECT_EQ(override_request(body, "", Delivery::whole), body);
}

TEST(OverrideRequest, AddsWhatIsMissing) {
    EXPECT_EQ(override_request(R"({"a":1})", "m", Delivery::streamed),
              R"({"a":1,"stream":true,"model":"m"})");
    EXPECT_EQ(override_request("{}", "", Delivery::streamed), R"({"stream":true})");
    EXPECT_EQ(override_request(R"({"a":1})", "", Delivery::whole), R"({"a":1})");
}

TEST(OverrideRequest, KnowsEscapedKeysAndLeavesInnerOnes) {
    EXPECT_EQ(
        override_request(R"({"\u0073tream":false,"x":{"stream":false}})", "", Delivery::streamed),
        R"({"\u0073tream":true,"x":{"stream":false}})");
}

TEST(OverrideRequest, RemovesDuplicates) {  // Strict servers refuse them.
    EXPECT_EQ(
        override_request(R"({"stream":0, "stream":1 , "a":2,"\u0073tream":3, "b":4,"stream":5})",
                         "", Delivery::streamed),
        R"({"stream":true , "a":2, "b":4})");
    EXPECT_EQ(override_request(R"({"model":"a","stream":true,"model":"b","stream":true})", "m",
                               Delivery::whole),
              R"({"model":"m","stream":false})");
}

TEST(OverrideRequest, RefusesWhatIsNoObject) {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    for (const std::string& bad :
         {std::string(), std::string("[]"), std::string("{"), std::string("{} x"),
          std::string("{\"a\":\"\xFF\"}"), deep, std::string("{}\0}", 4)}) {
        EXPECT_THROW((void)override_request(bad, "", Delivery::whole), ConfigError);
    }
    EXPECT_NO_THROW((void)override_request("{\"a\":" + deep + "}", "m", Delivery::whole));
}

TEST(RequestedChoices, ReadsN) {
    EXPECT_EQ(requested_choices(R"({"n":3})"), 3);
    EXPECT_EQ(requested_choices(R"({"x":{"n":3},"n":null})"), 1);
    EXPECT_EQ(requested_choices("nonsense"), 1);
    EXPECT_EQ(requested_choices(R"({"n":2.0})"), 2);
    EXPECT_EQ(requested_choices(R"({"n":4294967296})"), 128);
    EXPECT_EQ(requested_choices(R"({"n":-3})"), 1);
}

}  // namespace
}  // namespace cloud_backend::detail
