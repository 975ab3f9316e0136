#include "../support/backend_fixture.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

// The tool loop over sockets, plain and streamed.
namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using Json = nlohmann::json;

class RunToolsOverSockets : public ::testing::Test {
protected:
    embedded_server::EmbeddedServer server{};
    std::unique_ptr<OpenAICloudBackend> backend =
        create_openai_backend(quick_options(server.url()));
    int called = 0;
    std::vector<CallableTool> tools{CallableTool::function(
        "weather", "The weather of a city.", Json{{"type", "object"}, {"required", {"city"}}},
        [this](const RawJson& arguments) {
            ++called;
            return "sunny in " + arguments.parse().at("city").get<std::string>();
        })};
    ChatRequest request = test::ask("What is the weather in Paris?");
    std::string streamed{};

    ChunkCallback collect() {
        return [this](const ChatChunk& chunk) { streamed += chunk.content(); };
    }
    [[nodiscard]] Json sent(std::size_t index) const {
        return Json::parse(server.requests().at(index).body);
    }

    /// What the server is told in the second round of a call that came with unknown fields.
    void expect_second_request(const Json& request_sent) const {
        EXPECT_EQ(request_sent.at("tools"), Json::parse(R"([{"type":"function","function":{
            "name":"weather","description":"The weather of a city.",
            "parameters":{"type":"object","required":["city"]}}}])"));
        EXPECT_EQ(request_sent.at("messages"), Json::parse(R"([
            {"role":"user","content":"What is the weather in Paris?"},
            {"role":"assistant","content":null,"trace":{"id":7},"tool_calls":[
                {"id":"c1","type":"function","extra_content":{"google":{"thought_signature":"s"}},
                 "function":{"name":"weather","arguments":"{\"city\":\"Paris\"}","cost":2}}]},
            {"role":"tool","tool_call_id":"c1","content":"sunny in Paris"}])"));
    }
};

TEST_F(RunToolsOverSockets, APlainCallGoesBackWithItsUnknownFields) {  // A10
    server.enqueue(Answer::json(200, R"({"id":"1","choices":[{"index":0,
        "message":{"role":"assistant","content":null,"trace":{"id":7},"tool_calls":[
            {"id":"c1","type":"function","extra_content":{"google":{"thought_signature":"s"}},
             "function":{"name":"weather","arguments":"{\"city\":\"Paris\"}","cost":2}}]},
        "finish_reason":"tool_calls"}]})"));
    const ToolRun run = run_tools(*backend, request, tools);
    EXPECT_EQ(run.completion.content(), "The tool says: sunny in Paris");
    ASSERT_EQ(server.request_count(), 2u);
    expect_second_request(sent(1));
}

TEST_F(RunToolsOverSockets, AStreamedCallGoesBackWithItsUnknownFields) {  // A10
    server.enqueue(Answer::stream(with_done(
        {chunk_json(R"({"role":"assistant","trace":{"id":7},"tool_calls":[{"index":0,"id":"c1",)"
                    R"("type":"function","extra_content":{"google":{"thought_signature":"s"}},)"
                    R"("function":{"name":"weather","arguments":"","cost":2}}]})"),
         chunk_json(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]})"),
         chunk_json(R"({"tool_calls":[{"index":0,"function":{"arguments":"\"Paris\"}"}}]})"),
         chunk_json("{}", R"("tool_calls")")})));
    const ToolRun run = run_tools(*backend, request, tools, collect());
    EXPECT_EQ(streamed, "The tool says: sunny in Paris");
    EXPECT_EQ(run.completion.content(), streamed);
    ASSERT_EQ(server.request_count(), 2u);
    expect_second_request(sent(1));
}

TEST_F(RunToolsOverSockets, TheServiceCallsAndAnswersPlainAndStreamed) {
    request.stream_options = StreamOptions{};
    ChatRequest again = request;
    const ToolRun plain = run_tools(*backend, request, tools);
    const ToolRun stream = run_tools(*backend, again, tools, collect());
    for (const ToolRun& run : {plain, stream}) {
        EXPECT_EQ(run.end, ToolRun::End::answered);
        EXPECT_EQ(run.rounds, 2);
        EXPECT_EQ(run.completion.content(), "The tool says: sunny in Paris");
        EXPECT_GT(run.usage.total_tokens, run.completion.usage.value().total_tokens);
    }
    EXPECT_EQ(server.connection_count(), 1u);
    EXPECT_EQ(called, 2);
}

TEST_F(RunToolsOverSockets, ARetriedRoundCallsNoFunctionAgain) {
    server.enqueue(Answer::json(200, R"({"choices":[{"index":0,"message":{"tool_calls":[
        {"id":"c1","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]},
        "finish_reason":"tool_calls"}]})"));
    server.enqueue(Answer::status(503));
    const ToolRun run = run_tools(*backend, request, tools);
    EXPECT_EQ(run.completion.metadata.attempts.size(), 2u);
    EXPECT_EQ(server.request_count(), 3u);
    EXPECT_EQ(called, 1);
}

TEST_F(RunToolsOverSockets, ARunGoesOnWhereAnErrorEndedIt) {
    server.enqueue(Answer::json(200, R"({"choices":[{"index":0,"message":{"tool_calls":[
        {"id":"","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]},
        "finish_reason":"stop"}]})"));
    server.enqueue(Answer::json(400, R"({"error":{"message":"no"}})"));
    EXPECT_THROW((void)run_tools(*backend, request, tools), BadRequestError);
    const ToolRun run = run_tools(*backend, request, tools, collect());
    EXPECT_EQ(streamed, "The tool says: sunny in Paris");
    EXPECT_EQ(run.rounds, 1);
    EXPECT_EQ(called, 1);
    const Json messages = sent(2).at("messages");
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[1].at("tool_calls").at(0).at("id"), "call00001");
    EXPECT_EQ(messages[2].at("tool_call_id"), "call00001");
}

}  // namespace
}  // namespace cloud_backend::test
