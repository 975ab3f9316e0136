#include "chat/request_json.hpp"

#include "complaint.hpp"

#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// SPEC C1, T11
namespace cloud_backend::detail {
namespace {

using test::complaint_of;
using Json = nlohmann::json;

ChatRequest ask() {
    return {.model = "m", .messages = {Message::user("hi")}};
}

std::string whole(const ChatRequest& request) {
    return to_json(request, Delivery::whole);
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

TEST(RequestJson, SendsEachFieldOfItsName) {
    struct Case {
        std::string name;
        std::string json;
        std::function<void(ChatRequest&)> set;
    };
    for (const auto& [name, json, set] : std::vector<Case>{
             {"parallel_tool_calls", "false", [](auto& r) { r.parallel_tool_calls = false; }},
             {"frequency_penalty", "-1.5", [](auto& r) { r.frequency_penalty = -1.5; }},
             {"presence_penalty", "0.0", [](auto& r) { r.presence_penalty = 0; }},
             {"logit_bias", R"({"-1":0.5,"50256":-100.0})",
              [](auto& r) {
                  r.logit_bias = {{50256, -100}, {-1, 0.5}};
              }},
             {"logprobs", "true", [](auto& r) { r.logprobs = true; }},
             {"top_logprobs", "0", [](auto& r) { r.top_logprobs = 0; }},
             {"reasoning_effort", R"("low")", [](auto& r) { r.reasoning_effort = "low"; }},
             {"verbosity", R"("high")", [](auto& r) { r.verbosity = "high"; }},
             {"service_tier", R"("flex")", [](auto& r) { r.service_tier = "flex"; }},
             {"store", "false", [](auto& r) { r.store = false; }},
             {"metadata", R"({"":"b","\"k\"":"v"})",
              [](auto& r) {
                  r.metadata = {{"\"k\"", "v"}, {"", "b"}};
              }},
             {"user", R"("ada")", [](auto& r) { r.user = "ada"; }},
             {"tool_choice", R"("auto")", [](auto& r) { r.tool_choice = ToolChoice::automatic(); }},
             {"response_format", R"({"type":"text"})",
              [](auto& r) { r.response_format = ResponseFormat::text(); }},
             {"response_format", R"({"type":"json_object"})",
              [](auto& r) { r.response_format = ResponseFormat::json_object(); }},
         }) {
        ChatRequest request;
        set(request);
        EXPECT_EQ(whole(request), R"({"messages":[],")" + name + "\":" + json + "}");
    }
}

TEST(RequestJson, SendsTheSchemaOfTheAnswerAsItStands) {
    const auto with = [](ResponseFormat format) {
        return whole({.response_format = std::move(format)});
    };
    const auto schema = RawJson::parse_text(R"({"type" : "object"})");
    EXPECT_EQ(with(ResponseFormat::json_schema("city", schema)),
              R"({"messages":[],"response_format":{"type":"json_schema","json_schema":)"
              R"({"name":"city","schema":{"type" : "object"},"strict":true}}})");
    EXPECT_EQ(with(ResponseFormat::json_schema("city", schema, std::nullopt)),
              R"({"messages":[],"response_format":{"type":"json_schema","json_schema":)"
              R"({"name":"city","schema":{"type" : "object"}}}})");
    EXPECT_EQ(complaint_of([&] { with(ResponseFormat::json_schema("city", {})); }),
              "response_format.json_schema.schema is not a JSON object in UTF-8");
    EXPECT_EQ(complaint_of([&] { with(ResponseFormat::json_schema("\xFF", schema)); }),
              "response_format.json_schema.name is not valid UTF-8");
}

TEST(RequestJson, MetadataThatIsNotUtf8IsRefused) {
    EXPECT_EQ(complaint_of([] {
                  whole({.metadata = {{"k", "\xFF"}}});
              }),
              "a value of metadata is not valid UTF-8");
    EXPECT_EQ(complaint_of([] {
                  whole({.metadata = {{"\xFF", ""}}});
              }),
              "a key of metadata is not valid UTF-8");
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

}  // namespace
}  // namespace cloud_backend::detail
