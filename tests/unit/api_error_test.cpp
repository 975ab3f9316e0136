#include "chat/api_error.hpp"

#include "chat/json_document.hpp"
#include "core/utf8.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// SPEC E1, E3, R3, section 8
namespace cloud_backend::detail {
namespace {

ErrorDetails status_error(int status, const std::string& body) {
    return read_api_error(status, {{"X", "y"}}, body);
}

std::optional<ErrorDetails> in_band(const std::string& json) {
    JsonDocument document;
    const auto parsed = document.parse(json);
    return find_error(std::get<simdjson::dom::element>(parsed));
}

TEST(ApiError, TheMessageIsFoundInTheOrderOfE1) {
    struct Row {
        std::string body;
        std::string message;
    };
    const std::vector<Row> table{
        {R"({"error":{"message":"a"},"message":"b"})", "a"},
        {R"({"error":"a","message":"b"})", "a"},
        {R"({"message":"a","detail":"b"})", "a"},
        {R"({"detail":"a"})", "a"},
        {R"({"detail":[{"msg":"a","loc":["body"]},{"msg":"b"}]})", "a"},
        {R"({"object":"error","message":{"detail":[{"msg":"a"}]}})", "a"},
        {R"([{"error":{"message":"a"}}])", "a"},
        {R"([{"error":{"message":"a"}},{"error":{"message":"b"}},1])", "a"},
        {R"([1,{"error":{"message":"b"}}])", "HTTP 500"},
        {R"({"error":null,"error":{"message":"a"}})", "a"},
        {" plain text \n", "plain text"},
        {"<html><head><TITLE>502 Bad Gateway</TITLE></head></html>", "502 Bad Gateway"},
        {"<html><title>a < b</title></html>", "a < b"},
        {"<html></html>", "HTTP 500"},
        {"", "HTTP 500"},
        {"{}", "HTTP 500"},
        {"[]", "HTTP 500"},
        {R"({"error":null})", "HTTP 500"},
        {R"({"error":{}})", "HTTP 500"},
        {R"({"error":null,"message":"a"})", "a"},
        {R"({"error":{"code":"x"},"message":"a","detail":"b"})", "a"},
        {R"({"error":{"message":""},"detail":"a"})", "a"},
        {R"(" a JSON string ")", "a JSON string"},
        {"{\"error\":{\"message\":\"cut", "{\"error\":{\"message\":\"cut"},
    };
    for (const auto& [body, message] : table) {
        EXPECT_EQ(status_error(500, body).message, message) << body;
    }
}

TEST(ApiError, CodeTypeAndParamAreReadAndIntegersBecomeText) {
    const auto error = status_error(
        400, R"({"error":{"message":"m","code":1234,"type":"t","param":"messages[0]"}})");
    EXPECT_EQ(error.api.code, "1234");
    EXPECT_EQ(error.api.type, "t");
    EXPECT_EQ(error.api.param, "messages[0]");
    EXPECT_EQ(error.api.headers.size(), 1u);
    EXPECT_EQ(status_error(400, R"({"object":"error","message":"m","code":40001})").api.code,
              "40001");
}

TEST(ApiError, TheStatusChoosesTheType) {
    struct Row {
        int status;
        ErrorCode code;
    };
    for (const auto& [status, code] :
         {Row{300, ErrorCode::api}, Row{400, ErrorCode::bad_request},
          Row{401, ErrorCode::authentication}, Row{402, ErrorCode::quota_exceeded},
          Row{403, ErrorCode::permission_denied}, Row{404, ErrorCode::not_found},
          Row{408, ErrorCode::api}, Row{409, ErrorCode::conflict},
          Row{422, ErrorCode::unprocessable_entity}, Row{429, ErrorCode::rate_limit},
          Row{500, ErrorCode::internal_server}, Row{529, ErrorCode::internal_server}}) {
        EXPECT_EQ(status_error(status, "").code, code) << status;
        EXPECT_EQ(status_error(status, "").api.status, status);
    }
}

TEST(ApiError, AnExhaustedQuotaIsNoOrdinaryRateLimit) {  // R3
    for (const char* name :
         {"insufficient_quota", "billing_hard_limit_reached", "credit_balance_exhausted",
          "org_spend_limit_exceeded", "monthly_usage_limit_exceeded"}) {
        const std::string code = R"({"error":{"code":")" + std::string(name) + R"("}})";
        const std::string type = R"({"error":{"type":")" + std::string(name) + R"("}})";
        EXPECT_EQ(status_error(429, code).code, ErrorCode::quota_exceeded) << name;
        EXPECT_EQ(status_error(429, type).code, ErrorCode::quota_exceeded) << name;
    }
    EXPECT_EQ(status_error(429, R"({"error":{"code":"rate_limit_exceeded"}})").code,
              ErrorCode::rate_limit);
}

TEST(ApiError, AnthropicTellsAnExhaustedQuotaInATextOnly) {  // R3
    for (const std::string message :
         {"Your credit balance is too low to access the Anthropic API. Please go to Plans.",
          "You have reached your specified API usage limits. You will regain access on x."}) {
        const std::string body =
            R"({"type":"error","error":{"type":"invalid_request_error","message":")" + message +
            R"("}})";
        EXPECT_EQ(status_error(400, body).code, ErrorCode::quota_exceeded) << message;
        EXPECT_EQ(in_band(body).value().api.status, 402) << message;
    }
    EXPECT_EQ(status_error(400, R"({"error":{"message":"Is your credit balance too low?"}})").code,
              ErrorCode::bad_request);
}

TEST(ApiError, FlagsLongContextsAndContentFilters) {
    EXPECT_TRUE(status_error(400, R"({"error":{"type":"invalid_request_error","message":"input )"
                                  R"(length and `max_tokens` exceed context limit: 9 + 9 > 10"}})")
                    .api.context_length_exceeded);
    EXPECT_TRUE(status_error(400, R"({"error":{"code":"context_length_exceeded"}})")
                    .api.context_length_exceeded);
    EXPECT_TRUE(status_error(400, R"({"error":{"message":"maximum context length is 8192"}})")
                    .api.context_length_exceeded);
    EXPECT_TRUE(status_error(400, R"({"error":{"code":"content_filter"}})").api.content_filter);
    EXPECT_TRUE(
        status_error(
            400, R"({"error":{"code":"x","innererror":{"code":"ResponsibleAIPolicyViolation"}}})")
            .api.content_filter);
    EXPECT_FALSE(status_error(400, R"({"error":{"code":"x"}})").api.content_filter);
}

TEST(ApiError, AHostileBodyIsOnlyText) {
    const std::string deep(60'000, '[');
    EXPECT_EQ(status_error(500, deep).message, deep);
}

// --- inside a 200 answer ---

TEST(FindError, NullAndEmptyAreNoError) {
    for (const char* json :
         {R"({"error":null})", R"({"error":{}})", R"({"error":""})", R"({"choices":[]})", "[]", "1",
          "{}", R"({"message":"hello"})", R"({"object":"chat.completion.chunk","message":"x"})",
          R"({"object":"error","message":"x","choices":[]})"}) {
        EXPECT_FALSE(in_band(json)) << json;
    }
}

TEST(FindError, KnowsTheFormsOfServers) {
    for (const char* json :
         {R"({"error":{"message":"m"}})", R"({"error":"m"})", R"([{"error":{"message":"m"}}])",
          R"({"object":"error","message":"m","type":"BadRequestError"})",
          R"({"choices":[],"error":{"message":"m"}})"}) {
        const auto error = in_band(json);
        ASSERT_TRUE(error) << json;
        EXPECT_EQ(error->code, ErrorCode::stream);
        EXPECT_EQ(error->message, "m");
        EXPECT_FALSE(error->api.body.empty());
    }
}

TEST(FindError, IsTheErrorAStatusWouldHaveTold) {  // E3
    for (const std::string json :
         {R"({"error":{"message":"m","code":"c","type":"t","param":"p"}})", R"({"error":"m"})",
          R"({"error":{"code":"c"},"message":"m"})", R"([{"error":{"message":"m"}}])",
          R"({"object":"error","message":"m","type":"t","code":400})"}) {
        const auto streamed = in_band(json).value();
        const auto plain = status_error(400, json);
        EXPECT_EQ(streamed.message, plain.message) << json;
        EXPECT_EQ(streamed.api.code, plain.api.code) << json;
        EXPECT_EQ(streamed.api.type, plain.api.type) << json;
        EXPECT_EQ(streamed.api.param, plain.api.param) << json;
    }
}

TEST(FindError, KeepsNoMoreThanIsReadOfAnErrorsBody) {
    const std::string longest(100'000, 'x');
    const auto error = in_band(R"({"error":{"message":")" + longest + "\"}}").value();
    EXPECT_EQ(error.api.body.size(), std::size_t{64} << 10);
}

TEST(FindError, CutsABodyBetweenCharacters) {
    for (const std::string_view character : {"\u00FC", "\uFFFD", "\U0001F600"}) {
        for (std::size_t shift = 0; shift < character.size(); ++shift) {
            std::string message(shift, 'x');
            while (message.size() < 70'000) message += character;
            const auto body =
                in_band(R"({"error":{"message":")" + message + "\"}}").value().api.body;
            EXPECT_TRUE(is_valid_utf8(body)) << character << shift;
            EXPECT_LE(body.size(), error_body_limit);
            EXPECT_GT(body.size() + character.size(), error_body_limit);
        }
    }
}

TEST(FindError, TellsAtLeastItsStatus) {  // E1
    EXPECT_EQ(in_band(R"({"error":{"code":503}})").value().message, "HTTP 503");
    EXPECT_EQ(in_band(R"({"error":{"type":"rate_limit_error"}})").value().message, "HTTP 429");
    EXPECT_NE(in_band(R"({"error":{"code":"x"}})").value().message, "");
}

TEST(FindError, TheLastOfSeveralErrorsCounts) {
    EXPECT_EQ(in_band(R"({"error":null,"error":{"message":"m"},"choices":[]})").value().message,
              "m");
    EXPECT_FALSE(in_band(R"({"error":{"message":"m"},"error":null})"));
}

TEST(FindError, AnErrorOfAnyOtherKindIsOneToo) {
    EXPECT_EQ(in_band(R"({"error":true,"message":"boom"})").value().message, "boom");
    EXPECT_EQ(in_band(R"({"error":503})").value().api.status, 503);
    EXPECT_TRUE(in_band(R"({"error":[{"message":"x"}]})"));
    EXPECT_FALSE(in_band(R"({"error":false,"choices":[]})"));
}

TEST(FindError, NamesItsStatusByNumberCodeOrType) {
    struct Row {
        std::string error;
        int status;
    };
    const std::vector<Row> table{
        {R"({"code":503})", 503},
        {R"({"code":"429"})", 429},
        {R"({"code":1234})", 0},
        {R"({"code":399})", 0},
        {R"({"code":400})", 400},
        {R"({"code":599})", 599},
        {R"({"code":600})", 0},
        {R"({"code":"400 "})", 0},
        {R"({"code":"rate_limit_exceeded"})", 429},
        {R"({"type":"insufficient_quota"})", 429},
        {R"({"code":"credit_balance_exhausted"})", 429},
        {R"({"type":"invalid_request_error","code":"org_spend_limit_exceeded"})", 429},
        {R"({"type":"timeout_error"})", 504},
        {R"({"status":"UNAVAILABLE","code":14})", 503},
        {R"({"type":"invalid_request_error"})", 400},
        {R"({"type":"authentication_error"})", 401},
        {R"({"type":"server_error","code":"rate_limit_exceeded"})", 429},
        {R"({"type":"server_error"})", 500},
        {R"({"type":"overloaded_error"})", 529},
        {R"({"status":"RESOURCE_EXHAUSTED"})", 429},
        {R"({"message":"?"})", 0},
    };
    for (const auto& [error, status] : table) {
        EXPECT_EQ(in_band(R"({"error":)" + error + "}").value().api.status, status) << error;
    }
}

}  // namespace
}  // namespace cloud_backend::detail
