#include "chat/chunk_decoder.hpp"
#include "chat/completion_json.hpp"
#include "chat/json_document.hpp"
#include "chat/request_json.hpp"

#include <cloud_backend/chat_accumulator.hpp>
#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// What a server answered is sent back as it came, but for what only servers say (SPEC A10, C2).
namespace cloud_backend::detail {
namespace {

using Json = nlohmann::json;

Json sent_back(const ChatCompletion& completion) {
    return Json::parse(to_json({.messages = {completion.choices.at(0).message}}, Delivery::whole))
        .at("messages")
        .at(0);
}

ChatCompletion answered(const Json& message) {
    JsonDocument document;
    const Json answer = {{"choices", {{{"index", 0}, {"message", message}}}}};
    const auto json = document.parse(answer.dump());
    return read_completion(std::get<simdjson::dom::element>(json)).value();
}

ChatCompletion streamed(const std::vector<std::string>& deltas) {
    ChatAccumulator accumulator;
    ChunkDecoder decoder(256);
    ChatChunk chunk;
    for (const auto& delta : deltas) {
        std::string json = R"({"choices":[{"index":0,"delta":)" + delta + "}]}";
        const std::size_t size = json.size();
        json.append(SseParser::padding, '\0');
        const auto decoded = decoder.decode(std::string_view(json).substr(0, size), chunk);
        EXPECT_EQ(accumulator.add(*std::get<const ChatChunk*>(decoded)),
                  ChatAccumulator::Status::ok);
    }
    return accumulator.completion();
}

TEST(MessageRoundTrip, ToolCallsWithFieldsOfTheirOwn) {
    const Json message = Json::parse(R"({"role":"assistant","content":null,"tool_calls":[
        {"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": 1}","strict":true},
         "extra_content":{"google":{"thought_signature":"c2ln"}}},
        {"id":"b","type":"custom","custom":{"name":"sh","input":"ls","lang":"bash"}},
        {"id":"c","type":"mcp","mcp":{"server":"s"}}],
        "reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"x"}]})");
    EXPECT_EQ(sent_back(answered(message)), message);
}

TEST(MessageRoundTrip, TheSameStreamedInPieces) {
    EXPECT_EQ(sent_back(streamed({
                  R"({"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"a",
                     "type":"function","function":{"name":"f","arguments":"","strict":true},
                     "extra_content":{"s":1}}]})",
                  R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]})",
                  R"({"tool_calls":[{"index":0,"function":{"arguments":" 1}","seen":[1]}}]})",
                  R"({"tool_calls":[{"index":1,"id":"b","type":"custom",
                     "custom":{"name":"sh","input":"l"}}]})",
                  R"({"tool_calls":[{"index":1,"custom":{"input":"s","lang":"bash"}}]})",
              })),
              Json::parse(R"({"role":"assistant","content":null,"tool_calls":[
        {"id":"a","type":"function","extra_content":{"s":1},
         "function":{"name":"f","arguments":"{\"x\": 1}","strict":true,"seen":[1]}},
        {"id":"b","type":"custom","custom":{"name":"sh","input":"ls","lang":"bash"}}]})"));
}

TEST(MessageRoundTrip, PartsThatAreNotKnown) {
    const Json content = Json::parse(R"([{"type":"text","text":"see "},
        {"type":"thinking","thinking":[{"type":"text","text":"hm"}]},
        {"type":"reference","reference_ids":[1,2]},{"type":"text","text":"this"}])");
    const auto whole = answered({{"role", "assistant"}, {"content", content}});
    EXPECT_EQ(whole.content(), "see this");
    EXPECT_EQ(whole.reasoning(), "hm");
    // The texts come first then, in one piece: that they stood around the reference is lost.
    const Json expected = Json::parse(R"({"role":"assistant","content":[
        {"type":"text","text":"see this"},{"type":"reference","reference_ids":[1,2]}]})");
    EXPECT_EQ(sent_back(whole), expected);
    EXPECT_EQ(sent_back(streamed({R"({"content":"see "})",
                                  R"({"content":[{"type":"reference","reference_ids":[1,2]}]})",
                                  R"({"content":[{"type":"text","text":"this"}]})"})),
              expected);
}

TEST(MessageRoundTrip, ARefusalAsAPart) {
    const auto refused = answered(
        Json::parse(R"({"content":[{"type":"refusal","refusal":"I will not"}],"refusal":null})"));
    EXPECT_EQ(refused.choices.at(0).message.refusal, "I will not");
    EXPECT_TRUE(refused.choices.at(0).message.parts.empty());
}

TEST(MessageRoundTrip, ASpokenAnswer) {
    const auto whole = answered(Json::parse(
        R"({"role":"assistant","content":null,"refusal":null,"audio":{"id":"audio_1",
            "data":"AAAA","transcript":"Hello","expires_at":1700000000}})"));
    const auto& audio = whole.choices.at(0).message.audio;
    ASSERT_TRUE(audio);
    EXPECT_EQ(audio->data, "AAAA");
    EXPECT_EQ(audio->transcript, "Hello");
    EXPECT_EQ(audio->expires_at, 1'700'000'000);
    const Json expected = {
        {"role", "assistant"}, {"content", nullptr}, {"audio", {{"id", "audio_1"}}}};
    EXPECT_EQ(sent_back(whole), expected);

    const auto pieces = streamed({R"({"role":"assistant","audio":{"id":"audio_1","data":"AA"}})",
                                  R"({"audio":{"transcript":"Hel"}})", R"({"audio":null})",
                                  R"({"audio":{"data":"AA","transcript":"lo"}})",
                                  R"({"audio":{"expires_at":1700000000}})"});
    const auto& spoken = pieces.choices.at(0).message.audio;
    ASSERT_TRUE(spoken);
    EXPECT_EQ(spoken->data, "AAAA");
    EXPECT_EQ(spoken->transcript, "Hello");
    EXPECT_EQ(spoken->expires_at, 1'700'000'000);
    EXPECT_EQ(sent_back(pieces), expected);
}

TEST(MessageRoundTrip, PartsOfAStreamAreLimited) {  // T8
    ChatAccumulator accumulator;
    ChatChunk chunk;
    chunk.choices.resize(1);
    chunk.choices[0].delta.parts.assign(ChatAccumulator::max_parts, RawJson::trusted("{}"));
    EXPECT_EQ(accumulator.add(chunk), ChatAccumulator::Status::ok);
    chunk.choices[0].delta.parts.resize(1);
    EXPECT_EQ(accumulator.add(chunk), ChatAccumulator::Status::too_many_parts);
}

}  // namespace
}  // namespace cloud_backend::detail
