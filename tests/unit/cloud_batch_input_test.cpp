#include "cloud_batch/batch_request.hpp"
#include "cloud_batch/batch_result.hpp"
#include "cloud_batch/shard.hpp"

#include <cloud_backend/chat_completion.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace cloud_batch {
namespace {

using nlohmann::json;

std::string line_with(const std::string& member, const json& value) {
    json line{{"custom_id", "a"},
              {"method", "POST"},
              {"url", "/v1/chat/completions"},
              {"body", {{"model", "m"}}}};
    if (value.is_null()) {
        line.erase(member);
    } else {
        line[member] = value;
    }
    return line.dump();
}

std::string complaint_about(const std::string& line) {
    try {
        static_cast<void>(parse_request(line, 7));
    } catch (const InputError& error) {
        return error.what();
    }
    return "(none)";
}

TEST(CloudBatchInput, ABodyKeepsItsBytes) {
    const std::string body = R"({ "model":"m", "temperature" : 1.00, "x":[1, {"y":"\u00e9}\""}] })";
    const BatchRequest request = parse_request(R"({"custom_id":"a\u0062","method":"POST","body":)" +
                                                   body + R"(  ,"url":"/v1/chat/completions"})",
                                               7);
    EXPECT_EQ(request.body, body);
    EXPECT_EQ(request.custom_id, "ab");
    EXPECT_EQ(request.line, 7u);
}

TEST(CloudBatchInput, AWrongLineIsToldByItsNumber) {
    EXPECT_EQ(complaint_about(line_with("custom_id", "b")), "(none)");
    EXPECT_EQ(complaint_about(""), "line 7: not JSON");
    EXPECT_EQ(complaint_about(R"({"custom_id":"a")"), "line 7: not JSON");
    EXPECT_EQ(complaint_about("[]"), "line 7: not a JSON object");
    EXPECT_EQ(complaint_about(line_with("custom_id", {})), "line 7: no custom_id");
    EXPECT_EQ(complaint_about(line_with("custom_id", 3)), "line 7: no custom_id");
    EXPECT_EQ(complaint_about(line_with("method", "GET")), "line 7: the method is not POST");
    EXPECT_EQ(complaint_about(line_with("url", "/v1/embeddings")),
              "line 7: the url is not /v1/chat/completions");
    EXPECT_EQ(complaint_about(line_with("body", "x")), "line 7: the body is not an object");
    EXPECT_EQ(complaint_about(line_with("body", {})), "line 7: the body is not an object");
}

TEST(CloudBatchInput, TokensAreThoseOfThePromptAndAllThatMayBeSaid) {
    const auto tokens_of = [](const json& body) {
        return parse_request(line_with("body", body), 1).tokens;
    };
    EXPECT_EQ(tokens_of({{"x", std::string(392, 'y')}}), 100);
    EXPECT_EQ(tokens_of({{"max_tokens", 50}}), 54);
    EXPECT_EQ(tokens_of({{"max_completion_tokens", 70}}), 77);
    EXPECT_EQ(tokens_of({{"max_tokens", -1}}), 4);
    EXPECT_EQ(tokens_of({{"max_tokens", "many"}}), 5);
}

TEST(CloudBatchInput, ForAnotherServerModelAndStreamingAreTakenOut) {
    const std::string body = R"({"model":"m\u0031", "seed" : 1.00,"stream":true,)"
                             R"("stream_options":{"include_usage":true},"user":"x"})";
    EXPECT_EQ(model_of(body), "m1");
    EXPECT_EQ(without_model_and_stream(body), R"({"seed":1.00,"user":"x"})");
    EXPECT_EQ(without_model_and_stream("{}"), "{}");
    EXPECT_EQ(model_of("{}"), "");
}

TEST(CloudBatchInput, AShardIsAPartOfSeveral) {
    const auto shard = Shard::parse("1/3");
    ASSERT_TRUE(shard);
    EXPECT_FALSE(shard->holds(1));
    EXPECT_TRUE(shard->holds(2));
    EXPECT_TRUE(shard->holds(5));
    EXPECT_EQ(shard->suffix(), ".1-of-3");
    EXPECT_EQ(Shard{}.suffix(), "");
    for (const char* wrong : {"", "1", "3/3", "-1/3", "0/0", "1/3x", "a/b", "/", "1/"}) {
        EXPECT_FALSE(Shard::parse(wrong)) << wrong;
    }
}

TEST(CloudBatchResult, AnAnswerOfManyLinesIsOneLine) {
    cloud_backend::ChatCompletion answer;
    answer.raw = cloud_backend::RawJson::trusted("{\r\n  \"id\": \"c\\n\"\n}\n");
    const std::string line = result_line({.line = 3, .custom_id = "a\"b"}, answer);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    const json result = json::parse(line);
    EXPECT_EQ(result.at("id"), "batch_req_3");
    EXPECT_EQ(result.at("custom_id"), "a\"b");
    EXPECT_EQ(result.at("response").at("body").at("id"), "c\n");
    EXPECT_TRUE(result.at("error").is_null());
    EXPECT_EQ(custom_id_of(line), "a\"b");
}

TEST(CloudBatchResult, AnErrorHasTheResponseIfThereWasOne) {
    const cloud_backend::InternalServerError answered(
        {.code = cloud_backend::ErrorCode::internal_server,
         .request_id = "r-1",
         .api = {.status = 502, .body = "<html>\n</html>"}});
    const json result = json::parse(error_line({.line = 1, .custom_id = "a"}, answered));
    EXPECT_EQ(result.at("response").at("status_code"), 502);
    EXPECT_EQ(result.at("response").at("request_id"), "r-1");
    EXPECT_EQ(result.at("response").at("body"), "<html>\n</html>");
    EXPECT_EQ(result.at("error").at("code"), "internal_server");

    const cloud_backend::ConnectionError unanswered(
        {.code = cloud_backend::ErrorCode::connection, .message = "no route"});
    const json none = json::parse(error_line({.line = 1, .custom_id = "a"}, unanswered));
    EXPECT_TRUE(none.at("response").is_null());
    EXPECT_EQ(none.at("error").at("code"), "connection");
}

TEST(CloudBatchResult, OnlyItsOwnLinesAreKnown) {
    for (const char* foreign : {"", "{}", "secret", R"({"custom_id":"a"})", R"({"id":"batch_req_)",
                                R"({"id":"batch_req_1","custom_id":7})"}) {
        EXPECT_EQ(custom_id_of(foreign), "") << foreign;
    }
    EXPECT_TRUE(may_begin_result(""));
    EXPECT_TRUE(may_begin_result(R"({"id":"bat)"));
    EXPECT_TRUE(may_begin_result(R"({"id":"batch_req_1","cust)"));
    EXPECT_FALSE(may_begin_result("secret"));
}

}  // namespace
}  // namespace cloud_batch
