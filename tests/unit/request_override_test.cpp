#include "chat/request_override.hpp"

#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>

#include <string>

// SPEC 1 (passthrough)
namespace cloud_backend::detail {
namespace {

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

TEST(RequestedAnswer, IsToldByNAndModelAlsoOfExtra) {
    EXPECT_EQ(requested_answer(R"({"n":3})").choices, 3);
    EXPECT_EQ(requested_answer(R"({"x":{"n":3},"n":null})").choices, 1);
    EXPECT_EQ(requested_answer(R"({"n":2.0})").choices, 2);
    EXPECT_EQ(requested_answer(R"({"n":4294967296})").choices, 128);
    EXPECT_EQ(requested_answer(R"({"n":-3})").choices, 1);
    EXPECT_EQ(requested_answer(ChatRequest{}).choices, 1);
    EXPECT_EQ(requested_answer(R"({"model":"a"})").model, "a");
    EXPECT_EQ(requested_answer(ChatRequest{.model = "a"}).model, "a");
    EXPECT_EQ(
        requested_answer({.model = "a", .extra = RawJson::parse_text(R"({"model":"b"})")}).model,
        "b");
    EXPECT_EQ(requested_answer(ChatRequest{.n = 2}).choices, 2);
    EXPECT_EQ(
        requested_answer(ChatRequest{.n = 2, .extra = RawJson::parse_text(R"({"n":3})")}).choices,
        3);
}

}  // namespace
}  // namespace cloud_backend::detail
