#include "chat/tool_json.hpp"

#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

// SPEC C1, T11
namespace cloud_backend::detail {
namespace {

using Json = nlohmann::json;

const auto schema = RawJson::parse_text(R"({"type" : "object"})");

std::string complaint_of(const Tool& tool) {
    try {
        (void)tool_json(tool, "tools[1]");
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "(no error)";
}

TEST(ToolJson, AFunctionHasItsSchemaAsItStands) {
    EXPECT_EQ(tool_json(Tool::function("f", "does", schema), ""),
              R"({"type":"function","function":{"name":"f","description":"does",)"
              R"("parameters":{"type" : "object"}}})");
}

TEST(ToolJson, AFunctionMayTakeNoArgumentsAndNeedNoDescription) {
    EXPECT_EQ(tool_json(Tool::function("f", ""), ""),
              R"({"type":"function","function":{"name":"f"}})");
}

TEST(ToolJson, AFunctionMayBeStrict) {
    Tool tool = Tool::function("f", "");
    tool.strict = true;
    EXPECT_EQ(tool_json(tool, ""), R"({"type":"function","function":{"name":"f","strict":true}})");
}

TEST(ToolJson, ACustomToolHasItsFormat) {
    EXPECT_EQ(tool_json(Tool::custom("sh", "runs", Json{{"type", "text"}}), ""),
              R"({"type":"custom","custom":{"name":"sh","description":"runs",)"
              R"("format":{"type":"text"}}})");
    EXPECT_EQ(tool_json(Tool::custom("sh", ""), ""), R"({"type":"custom","custom":{"name":"sh"}})");
}

TEST(ToolJson, AToolOfTheServerIsWhatItsExtraSays) {
    EXPECT_EQ(tool_json({.type = "web_search", .extra = Json{{"limit", 3}}}, ""),
              R"({"type":"web_search","limit":3})");
    EXPECT_EQ(tool_json({.type = "web_search", .name = "search"}, ""),
              R"({"type":"web_search","name":"search"})");
}

TEST(ToolJson, ExtraStandsBesideTheFunction) {
    Tool tool = Tool::function("f", "");
    tool.extra = Json{{"cache_control", {{"type", "ephemeral"}}}};
    EXPECT_EQ(tool_json(tool, ""), R"({"type":"function","function":{"name":"f"},)"
                                   R"("cache_control":{"type":"ephemeral"}})");
}

TEST(ToolJson, WhatCannotBeWrittenIsNamed) {
    EXPECT_EQ(complaint_of(Tool::function("\xFF", "")),
              "tools[1].function.name is not valid UTF-8");
    EXPECT_EQ(complaint_of(Tool::custom("x", "\xFF")),
              "tools[1].custom.description is not valid UTF-8");
    EXPECT_EQ(complaint_of(Tool::function("f", "", RawJson::parse_text("[]"))),
              "tools[1].function.parameters is not a JSON object in UTF-8");
    EXPECT_EQ(complaint_of(Tool::custom("f", "", RawJson::trusted("{"))),
              "tools[1].custom.format is not a JSON object in UTF-8");
}

TEST(ToolChoiceJson, SaysEveryChoice) {
    EXPECT_EQ(tool_choice_json(ToolChoice::automatic()), R"("auto")");
    EXPECT_EQ(tool_choice_json(ToolChoice::none()), R"("none")");
    EXPECT_EQ(tool_choice_json(ToolChoice::required()), R"("required")");
    EXPECT_EQ(tool_choice_json(ToolChoice::function("\"f\"")),
              R"({"type":"function","function":{"name":"\"f\""}})");
    EXPECT_EQ(tool_choice_json(ToolChoice::custom("sh")),
              R"({"type":"custom","custom":{"name":"sh"}})");
    EXPECT_THROW((void)tool_choice_json(ToolChoice::function("\xFF")), ConfigError);
}

}  // namespace
}  // namespace cloud_backend::detail
