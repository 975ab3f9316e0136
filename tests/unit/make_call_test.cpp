#include "tools_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

// How run_tools() makes one call, and what it tells the model of it.
namespace cloud_backend::test {
namespace {

using Json = nlohmann::json;

class MakeCall : public ToolsFixture {};

TEST_F(MakeCall, TheFunctionGetsTheArgumentsAsJson) {
    std::string city;
    tools = {CallableTool::function("weather", "", {}, [&](const RawJson& arguments) {
        city = arguments.parse().at("city");
        return "sunny";
    })};
    EXPECT_EQ(told(call_of("1", "weather", R"({"city":"Paris"})")), "sunny");
    EXPECT_EQ(city, "Paris");
}

TEST_F(MakeCall, NoArgumentsAreAnEmptyObject) {
    for (const char* const none : {" \n", "null", " null "}) {
        called.clear();
        requests.clear();
        EXPECT_EQ(told(call_of("1", "weather", none)), "result of weather");
        EXPECT_EQ(called, (std::vector<std::string>{"weather{}"})) << none;
    }
}

TEST_F(MakeCall, ArgumentsThatStrictParsersRejectAreRepaired) {  // S4
    tools = {CallableTool::function("weather", "", {}, [](const RawJson& arguments) {
        return arguments.parse().at("city").get<std::string>();
    })};
    EXPECT_EQ(told(call_of("1", "weather", R"({"city":"\ud83d!"})")), "\xEF\xBF\xBD!");
}

TEST_F(MakeCall, ACustomToolGetsItsInputAsItIs) {
    tools = {CallableTool::custom("shell", "", {}, [](const std::string& input) { return input; })};
    ToolCall call = call_of("1", "shell", "{ ls");
    call.type = "custom";
    EXPECT_EQ(told(call), "{ ls");
}

TEST_F(MakeCall, AResultMayBeJson) {
    tools = {CallableTool::function("weather", "", {}, [](const RawJson&) {
        return Json{{"celsius", 21}};
    })};
    EXPECT_EQ(told(call_of("1", "weather")), R"({"celsius":21})");
}

TEST_F(MakeCall, ANullTextIsAnEmptyResult) {
    static_assert(!std::is_constructible_v<ToolResult, std::nullptr_t>);
    const char* const none = nullptr;
    tools = {CallableTool::function("weather", "", {}, [&](const RawJson&) { return none; })};
    EXPECT_EQ(told(call_of("1", "weather")), "");
}

TEST_F(MakeCall, InvalidUtf8InAResultIsRepaired) {  // It could not be sent (C1a).
    tools = {CallableTool::function("file", "", {}, [](const RawJson&) { return "caf\xE9"; })};
    EXPECT_EQ(told(call_of("1", "file")), "caf\xEF\xBF\xBD");
}

TEST_F(MakeCall, WhatAFunctionThrowsIsToldToTheModel) {
    tools = {CallableTool::function("weather", "", {}, [](const RawJson&) -> ToolResult {
        throw std::runtime_error("no such city: Atl\xE4ntis");
    })};
    EXPECT_EQ(told(call_of("1", "weather")), "error: no such city: Atl\xEF\xBF\xBDntis");
}

TEST_F(MakeCall, AResultThatHasNoTextIsAnError) {
    tools = {CallableTool::function("file", "", {}, [](const RawJson&) {
        return Json{{"text", "caf\xE9"}};
    })};
    EXPECT_TRUE(told(call_of("1", "file")).starts_with("error: the JSON value has no text"));
}

TEST_F(MakeCall, ArgumentsThatAreNoObjectAreAnError) {
    EXPECT_EQ(told(call_of("1", "weather", R"({"city":"Pa)")),
              "error: the arguments are not valid JSON");
    requests.clear();
    EXPECT_EQ(told(call_of("2", "weather", "[1]")), "error: the arguments are not a JSON object");
    requests.clear();
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_EQ(told(call_of("3", "weather", R"({"a":)" + deep + "}")),
              "error: the arguments are nested too deeply");
    EXPECT_TRUE(called.empty());
}

TEST_F(MakeCall, ACallOfAnUnknownToolIsAnError) {
    EXPECT_EQ(told(call_of("1", "whether")), R"(error: there is no tool "whether")");
    requests.clear();
    EXPECT_EQ(told(call_of("2", "")), "error: the call names no tool");
    EXPECT_TRUE(called.empty());
}

TEST_F(MakeCall, ACallOfAToolWithoutAFunctionHereIsAnError) {
    request.tools = {Tool::function("elsewhere", "")};
    EXPECT_EQ(told(call_of("1", "elsewhere")), "error: this tool cannot be called here");
}

TEST_F(MakeCall, WhatIsNoStdExceptionPassesUnchanged) {
    struct Enough {};
    tools = {CallableTool::function("weather", "", {},
                                    [](const RawJson&) -> ToolResult { throw Enough(); })};
    answers(calls_of({call_of("1", "weather")}));
    EXPECT_THROW((void)run(), Enough);
    EXPECT_EQ(request.messages.size(), 2u) << "the answer is kept";
}

}  // namespace
}  // namespace cloud_backend::test
