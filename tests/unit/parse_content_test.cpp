#include "call_fixture.hpp"
#include "scripted_backend.hpp"

#include <cloud_backend/fallback.hpp>
#include <cloud_backend/parse_content.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace cloud_backend::test {
namespace {

using Json = nlohmann::json;

struct City {
    std::string name{};
    int people = 0;
};
void from_json(const Json& json, City& city) {
    json.at("name").get_to(city.name);
    json.at("people").get_to(city.people);
}

struct Choosy {};
void from_json(const Json&, Choosy&) {
    throw std::invalid_argument("mine");
}

ContentError error_from(const ChatCompletion& completion) {
    return error_of<ContentError>([&] { (void)parse_content<City>(completion); });
}

ContentFault fault_of(std::string content) {
    return error_from(completion_of(std::move(content))).fault();
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
}

TEST(ParseContent, MakesTheTypeAskedFor) {
    const auto city = parse_content<City>(completion_of(R"( {"name":"Graz","people":300000} )"));
    EXPECT_EQ(city.name, "Graz");
    EXPECT_EQ(city.people, 300'000);
    EXPECT_EQ(parse_content<int>(completion_of("7")), 7);
}

TEST(ParseContent, GivesJsonUnlessToldOtherwise) {
    EXPECT_EQ(parse_content(completion_of(R"({"a":[1,"b"]})")), Json::parse(R"({"a":[1,"b"]})"));
}

TEST(ParseContent, KeepsTheTextForOtherParsers) {
    EXPECT_EQ(json_content(completion_of(" {\"z\": 1.0,\n\"a\": 2} ")).text(),
              "{\"z\": 1.0,\n\"a\": 2}");
}

TEST(ParseContent, TakesOffAFenceAroundTheWhole) {
    for (const char* content : {"```json\n[1]\n```", "```\n[1]```", "\n```JSON \r\n[1]\r\n``` \n",
                                "``` json\n[1]\n```"}) {
        EXPECT_EQ(parse_content(completion_of(content)), Json::parse("[1]")) << content;
    }
    for (const char* content :
         {"Here it is:\n```json\n[1]\n```", "```json\n[1]", "```[1]```", "```", "``````",
          "```json\n```", "```json\n[1]\n```\nor\n```json\n[2]\n```"}) {
        EXPECT_EQ(fault_of(content), ContentFault::not_json) << content;
    }
    EXPECT_EQ(parse_content<std::string>(completion_of(R"("```\n[1]\n```")")), "```\n[1]\n```");
}

TEST(ParseContent, MendsWhatServersCutAsEverywhere) {  // S4
    EXPECT_EQ(parse_content<std::string>(completion_of(R"("\ud83d")")), "\xEF\xBF\xBD");
}

TEST(ParseContent, AnAnswerThatWasCutIsNoneEvenIfItIsJson) {
    for (const char* reason : {"length", "model_length"}) {
        auto completion = completion_of("12");
        completion.choices[0].finish_reason = reason;
        const auto error = error_from(completion);
        EXPECT_EQ(error.fault(), ContentFault::cut);
        EXPECT_FALSE(error.retryable());
    }
}

TEST(ParseContent, AFilteredAnswerIsNone) {
    auto completion = completion_of("{}");
    completion.choices[0].finish_reason = "content_filter";
    const auto error = error_from(completion);
    EXPECT_EQ(error.fault(), ContentFault::filtered);
    EXPECT_FALSE(error.retryable());
    EXPECT_FALSE(FallbackRule()(error.details())) << "F2: as an error of the filter";
}

TEST(ParseContent, ARefusalIsNone) {
    auto completion = completion_of("");
    completion.choices[0].message.refusal = "I will not";
    const auto error = error_from(completion);
    EXPECT_EQ(error.fault(), ContentFault::refused);
    EXPECT_FALSE(error.retryable());
    EXPECT_EQ(error.partial()->choices.at(0).message.refusal, "I will not");
}

TEST(ParseContent, AnAnswerThatCallsToolsIsNone) {
    for (const char* content : {"", "{}"}) {
        auto completion = completion_of(content);
        completion.choices[0].message.tool_calls = {{.id = "a", .name = "f"}};
        const auto error = error_from(completion);
        EXPECT_EQ(error.fault(), ContentFault::tool_calls);
        EXPECT_FALSE(error.retryable());
    }
}

TEST(ParseContent, AnEmptyAnswerIsNone) {
    EXPECT_EQ(error_from(ChatCompletion{}).fault(), ContentFault::empty);
    EXPECT_EQ(fault_of(" \n"), ContentFault::empty);
}

TEST(ParseContent, TextAndBrokenJsonAreNone) {
    for (const char* content : {"Graz", R"({"name":"Gr)", "{} {}", "{'a':1}", "NaN"}) {
        EXPECT_EQ(fault_of(content), ContentFault::not_json) << content;
    }
}

TEST(ParseContent, DeepJsonIsRefusedBeforeItCostsTheStack) {  // T8
    EXPECT_EQ(parse_content(completion_of(nested(256))), Json::parse(nested(256)));
    EXPECT_EQ(fault_of(nested(257)), ContentFault::too_deep);
    EXPECT_EQ(fault_of(nested(500'000)), ContentFault::too_deep);
    EXPECT_THROW((void)parse_content(completion_of(std::string(1'000'000, '['))), ContentError);
}

TEST(ParseContent, JsonOfAnotherShapeSaysWhatIsWrong) {
    const auto wrong_type = error_from(completion_of(R"({"name":"Graz","people":"many"})"));
    EXPECT_EQ(wrong_type.fault(), ContentFault::wrong_shape);
    EXPECT_NE(std::string(wrong_type.what()).find("must be number, but is string"),
              std::string::npos);
    const auto missing = error_from(completion_of(R"({"name":"Graz"})"));
    EXPECT_NE(std::string(missing.what()).find("key 'people' not found"), std::string::npos);
    EXPECT_TRUE(missing.retryable());
}

TEST(ParseContent, OtherExceptionsOfFromJsonPassUnchanged) {
    EXPECT_THROW((void)parse_content<Choosy>(completion_of("{}")), std::invalid_argument);
}

TEST(ParseContent, TheErrorHasTheAnswerAndDoesNotQuoteIt) {
    auto completion = completion_of("secret");
    completion.metadata.request_id = "req_1";
    completion.metadata.attempts.resize(2);
    const auto error = error_from(completion);
    EXPECT_EQ(error.code(), ErrorCode::content);
    ASSERT_NE(error.partial(), nullptr);
    EXPECT_EQ(error.partial()->content(), "secret");
    EXPECT_EQ(error.request_id(), "req_1");
    EXPECT_EQ(error.attempts().size(), 2u);
    EXPECT_STREQ(error.what(), "the content is not JSON [request id req_1]");
}

}  // namespace
}  // namespace cloud_backend::test
