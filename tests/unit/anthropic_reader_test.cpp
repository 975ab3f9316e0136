#include "../support/anthropic_events.hpp"
#include "chat/anthropic_decoder.hpp"
#include "chat/anthropic_request.hpp"
#include "chat/chat_reader.hpp"
#include "chat/json_document.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Whole answers of Anthropic's protocol from their bytes: what holds for every protocol holds here.
namespace cloud_backend::detail {
namespace {

namespace anthropic = test::anthropic;
using anthropic::joined;
using anthropic::sse;

ResponseHead head_of(std::string content_type) {
    return {.status = 200, .headers = {{"Content-Type", std::move(content_type)}}, .framed = true};
}

std::unique_ptr<AnswerFormat> format(const LimitOptions& limits = {}) {
    return std::make_unique<AnthropicDecoder>(limits.json_depth);
}

/// Feeds `body` in pieces until the reader has an opinion, at the latest at the end.
Reading read_all(ResponseReader& reader, std::string_view body, std::size_t piece) {
    while (!body.empty()) {
        auto reading = reader.on_body(body.substr(0, piece));
        if (!std::holds_alternative<NeedMore>(reading)) return reading;
        body.remove_prefix(std::min(piece, body.size()));
    }
    return reader.on_end();
}

ChatCompletion plain(std::string_view body) {
    CompletionReader reader({}, format());
    reader.begin(head_of("application/json"));
    EXPECT_TRUE(std::holds_alternative<Complete>(read_all(reader, body, 5)));
    return reader.take();
}

/// The content of the answer in the next request.
nlohmann::json sent_back(const ChatCompletion& answer) {
    return nlohmann::json::parse(
               to_anthropic_json({.messages = {answer.choices.at(0).message}}, Delivery::whole))
        .at("messages")
        .at(0)
        .at("content");
}

class AnthropicStream : public ::testing::Test {
protected:
    void begin() {
        chunks.clear();
        text.clear();
        reader_.emplace(callback_, options, format(options.limits));
        reader_->begin(head_of("text/event-stream"));
    }
    Reading read(std::string_view body, std::size_t piece = 1'000'000) {
        begin();
        return read_all(*reader_, body, piece);
    }
    bool is_complete(std::string_view body) { return std::holds_alternative<Complete>(read(body)); }
    ErrorDetails error(std::string_view body) { return std::get<ErrorDetails>(read(body)); }
    ChatStreamReader& reader() { return *reader_; }

    StreamReaderOptions options{};
    std::function<bool(const ChatChunk&)> on_chunk = [](const ChatChunk&) { return true; };
    std::vector<std::string> chunks{};
    std::string text{};

private:
    ChunkCallback callback_{[this](const ChatChunk& chunk) -> bool {
        chunks.push_back(chunk.raw.text());
        text += chunk.content();
        return on_chunk(chunk);
    }};
    std::optional<ChatStreamReader> reader_{};
};

TEST_F(AnthropicStream, DeliversChunksAndReturnsTheWhole) {
    EXPECT_TRUE(is_complete(joined(anthropic::two_words())));
    EXPECT_EQ(chunks,
              (std::vector<std::string>{anthropic::message_start, anthropic::text_delta("one"),
                                        anthropic::text_delta(" two"), anthropic::message_delta()}))
        << "a ping is no chunk";
    const auto answer = reader().take();
    EXPECT_EQ(answer.content(), "one two");
    EXPECT_EQ(answer.id, "msg_1");
    EXPECT_EQ(answer.model, "claude");
    EXPECT_EQ(answer.finish_reason(), "stop");
    EXPECT_EQ(answer.usage->total_tokens, 22);
    EXPECT_EQ(answer.choices.at(0).message.role, Role::assistant);
    EXPECT_EQ(reader().malformed_chunks(), 0U);
}

TEST_F(AnthropicStream, ReadsTheSameHoweverTheBytesAreCut) {  // S2
    const std::string stream = joined(anthropic::thinking_and_tools());
    EXPECT_TRUE(is_complete(stream));
    const auto whole = chunks;
    EXPECT_EQ(whole.size(), 12U);
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
        EXPECT_TRUE(std::holds_alternative<Complete>(read(stream, piece))) << piece;
        EXPECT_EQ(chunks, whole) << piece;
    }
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
        begin();
        EXPECT_TRUE(std::holds_alternative<NeedMore>(reader().on_body(stream.substr(0, cut))));
        EXPECT_TRUE(std::holds_alternative<Complete>(reader().on_body(stream.substr(cut))));
        ASSERT_EQ(chunks, whole) << cut;
    }
}

/// As a hook of the circuit breaker might, which is told of the first event.
class ParsingObserver final : public EventObserver {
public:
    void on_event() override {
        ++events;
        JsonDocument document;
        const auto parsed = document.parse("[" + std::string(500, '7') + ",{\"other\":\"JSON\"}]");
        EXPECT_TRUE(std::holds_alternative<simdjson::dom::element>(parsed));
    }
    int events = 0;
};

TEST_F(AnthropicStream, WhoIsToldOfAnEventMayParseJson) {
    const std::string stream = joined(anthropic::thinking_and_tools());
    EXPECT_TRUE(is_complete(stream));
    const auto undisturbed = sent_back(reader().take());
    begin();
    ParsingObserver observer;
    reader().report_events_to(&observer);
    EXPECT_TRUE(std::holds_alternative<Complete>(read_all(reader(), stream, 1'000'000)));
    reader().report_events_to(nullptr);
    EXPECT_EQ(observer.events, 12);
    EXPECT_EQ(sent_back(reader().take()), undisturbed);
}

TEST_F(AnthropicStream, AStreamAndADocumentGiveTheSameMessage) {  // C3
    EXPECT_TRUE(is_complete(joined(anthropic::thinking_and_tools())));
    const auto streamed = reader().take();
    const auto whole = plain(anthropic::thinking_and_tools_document);
    EXPECT_EQ(streamed.content(), whole.content());
    EXPECT_EQ(streamed.reasoning(), whole.reasoning());
    EXPECT_EQ(streamed.finish_reason(), whole.finish_reason());
    EXPECT_EQ(streamed.usage->total_tokens, whole.usage->total_tokens);
    EXPECT_EQ(streamed.service_tier, whole.service_tier);
    // All that is sent back, thinking and signatures included.
    const auto content =
        nlohmann::json::parse(anthropic::thinking_and_tools_document).at("content");
    EXPECT_EQ(sent_back(streamed), content);
    EXPECT_EQ(sent_back(whole), content);
}

TEST_F(AnthropicStream, SendsContentBackAsItCame) {  // A10
    struct Case {
        std::vector<std::string> events;  ///< Of the content.
        std::string content;
    };
    const auto start = [](int at, std::string_view block) {
        return anthropic::block_start(at, block);
    };
    const auto piece = [](int at, std::string_view delta) {
        return anthropic::block_delta(at, delta);
    };
    const auto stop = [](int at) { return anthropic::block_stop(at); };
    for (const auto& [events, content] : std::vector<Case>{
             // Between the calls of tools.
             {{start(0, R"({"type":"thinking","thinking":"","signature":""})"),
               piece(0, R"({"type":"thinking_delta","thinking":"1"})"),
               piece(0, R"({"type":"signature_delta","signature":"s"})"), stop(0),
               start(1, R"({"type":"tool_use","id":"a","name":"f","input":{}})"),
               piece(1, R"({"type":"input_json_delta","partial_json":"{\"x\":"})"),
               piece(1, R"({"type":"input_json_delta","partial_json":"1}"})"), stop(1),
               start(2, R"({"type":"thinking","thinking":"","signature":""})"),
               piece(2, R"({"type":"signature_delta","signature":"t"})"), stop(2),
               start(3, R"({"type":"tool_use","id":"b","name":"f","input":{}})"), stop(3)},
              R"([{"type":"thinking","thinking":"1","signature":"s"},
                  {"type":"tool_use","id":"a","name":"f","input":{"x":1}},
                  {"type":"thinking","thinking":"","signature":"t"},
                  {"type":"tool_use","id":"b","name":"f","input":{}}])"},
             // Of a server's tools; the empty text would be refused.
             {{start(0, R"({"type":"text","text":""})"), stop(0),
               start(1, R"({"type":"server_tool_use","id":"a","name":"web_search","input":{}})"),
               piece(1, R"({"type":"input_json_delta","partial_json":"{\"q\":\"x\"}"})"), stop(1),
               start(2, R"({"type":"web_search_tool_result","content":[{"url":"u"}]})"), stop(2),
               start(3, R"({"type":"text","text":"s","citations":[]})"),
               piece(3, R"({"type":"citations_delta","citation":{"url":"u"}})"),
               piece(3, R"({"type":"text_delta","text":"o"})"), stop(3)},
              R"([{"type":"server_tool_use","id":"a","name":"web_search","input":{"q":"x"}},
                  {"type":"web_search_tool_result","content":[{"url":"u"}]},
                  {"type":"text","text":"so","citations":[{"url":"u"}]}])"},
             // With members that are not known, and without an end.
             {{start(0, R"({"type":"tool_use","id":"a","name":"f","caller":{"type":"direct"}})")},
              R"([{"type":"tool_use","id":"a","name":"f","caller":{"type":"direct"}}])"},
             // Unsigned.
             {{start(0, R"({"type":"thinking","thinking":"1","signature":""})"), stop(0)},
              R"([{"type":"thinking","thinking":"1"}])"},
             // What the message says itself is not kept twice.
             {anthropic::two_words(), R"("one two")"},
         }) {
        std::vector<std::string> stream{anthropic::message_start};
        stream.insert(stream.end(), events.begin(), events.end());
        stream.push_back(anthropic::message_delta("pause_turn"));
        EXPECT_TRUE(is_complete(joined(stream)));
        const auto expected = nlohmann::json::parse(content);
        EXPECT_EQ(sent_back(reader().take()), expected);
        if (!expected.is_array()) continue;
        EXPECT_EQ(sent_back(plain(R"({"type":"message","stop_reason":"pause_turn","content":)" +
                                  content + "}")),
                  expected);
    }
}

TEST_F(AnthropicStream, EventsJoinedInOneRecordAreReadOneByOne) {  // S6
    EXPECT_TRUE(is_complete(
        "data: " + anthropic::block_start(0, R"({"type":"tool_use","id":"a","name":"f"})") +
        "\ndata: " +
        anthropic::block_delta(0, R"({"type":"input_json_delta","partial_json":"{\"x\":1}"})") +
        "\n\n" + sse(anthropic::message_delta("tool_use"))));
    EXPECT_EQ(reader().malformed_chunks(), 0U);
    const auto answer = reader().take();
    ASSERT_EQ(answer.choices.at(0).message.tool_calls.size(), 1U);
    EXPECT_EQ(answer.choices[0].message.tool_calls[0].arguments, R"({"x":1})");
}

TEST_F(AnthropicStream, EndsOnceItHasToldWhyItStopped) {  // T4, S5
    const std::string begin = joined({anthropic::message_start, anthropic::text_delta("a")});
    const std::string stop = sse(anthropic::message_delta());
    EXPECT_TRUE(is_complete(begin + stop));
    EXPECT_TRUE(is_complete(begin + stop.substr(0, stop.size() - 2))) << "a pending record";
    EXPECT_TRUE(is_complete(begin + stop + sse(anthropic::message_stop) + "data: {oops\n\n"))
        << "what follows the end is not read";
    EXPECT_EQ(reader().malformed_chunks(), 0U);
    EXPECT_TRUE(is_complete(stop)) << "an answer may have no content";
    EXPECT_EQ(reader().take().choices.size(), 1U);

    const auto cut = error(begin);
    EXPECT_EQ(cut.code, ErrorCode::stream_truncated);
    EXPECT_EQ(cut.events_seen, 2U);
    EXPECT_FALSE(cut.retryable) << "something was delivered (R7)";
    EXPECT_EQ(reader().partial()->content(), "a");
    EXPECT_EQ(error(begin + stop.substr(0, stop.size() - 4)).code, ErrorCode::stream_truncated);
    EXPECT_EQ(error(sse(anthropic::message_start)).code, ErrorCode::stream_truncated);
    for (const std::string& unfinished : {std::string(), begin}) {
        EXPECT_EQ(error(unfinished + sse(anthropic::message_stop)).code,
                  ErrorCode::stream_truncated);
    }
    EXPECT_EQ(error(begin + "data: [DONE]\n\n").code, ErrorCode::stream_truncated)
        << "another protocol's end";

    const auto silent = error(sse(anthropic::ping));
    EXPECT_EQ(silent.code, ErrorCode::stream_truncated);
    EXPECT_TRUE(silent.retryable) << "a ping is nothing delivered";
}

TEST_F(AnthropicStream, NoCutIsTakenForAnAnswer) {  // T4
    const std::string stream = joined(anthropic::two_words());
    const std::size_t told = stream.find("event: message_delta");
    const std::size_t whole_data = stream.find("}}\n", told) + 2;
    for (std::size_t size = 0; size < stream.size(); ++size) {
        const bool complete = size >= whole_data;
        EXPECT_EQ(is_complete(stream.substr(0, size)), complete) << size;
    }
}

TEST_F(AnthropicStream, EndsWithTheErrorOfAnEvent) {  // E1, E3
    const std::string begin = joined({anthropic::message_start, anthropic::text_delta("a")});
    for (const std::string& before : {std::string(), sse(anthropic::ping), begin}) {
        const auto details = error(before + sse(anthropic::overloaded) + begin);
        EXPECT_EQ(details.code, ErrorCode::stream);
        EXPECT_EQ(details.message, "Overloaded");
        EXPECT_EQ(details.api.status, 529);
        EXPECT_EQ(reader().delivered(), before == begin);
    }
    EXPECT_EQ(error(anthropic::overloaded).message, "Overloaded") << "without a stream";
    CompletionReader document({}, format());
    document.begin(head_of("application/json"));
    EXPECT_EQ(std::get<ErrorDetails>(read_all(document, anthropic::overloaded, 1'000)).api.status,
              529);
}

TEST_F(AnthropicStream, AnEventCalledErrorIsOneWhateverItsData) {  // E1, S7
    struct Case {
        std::string data;
        std::string message;
        int status;
    };
    const std::string begin = joined({anthropic::message_start, anthropic::text_delta("a")});
    for (const auto& [data, message, status] : std::vector<Case>{
             {R"({"type":"error","message":"Overloaded"})", "Overloaded", 0},
             {R"({"type":"overloaded_error","message":"Overloaded"})", "Overloaded", 529},
             {"Overloaded", "Overloaded", 0},
             {R"("Overloaded")", "Overloaded", 0},
             {"  ", "the server reports an error", 0},
         }) {
        const auto details = error(begin + "event: error\ndata: " + data + "\n\n" +
                                   joined({anthropic::message_delta(), anthropic::message_stop}));
        EXPECT_EQ(details.code, ErrorCode::stream) << data;
        EXPECT_EQ(details.message, message);
        EXPECT_EQ(details.api.status, status);
    }
}

TEST_F(AnthropicStream, TakesTheStopReasonErrorAsFailure) {  // T4
    EXPECT_EQ(error(joined({anthropic::message_start, anthropic::message_delta("error"),
                            anthropic::message_stop}))
                  .code,
              ErrorCode::stream);
    EXPECT_EQ(error(R"({"type":"message","content":[],"stop_reason":"error"})").code,
              ErrorCode::stream);
}

TEST_F(AnthropicStream, SkipsAndCountsMalformedEvents) {  // E5
    const std::string malformed =
        "event: x\ndata: {oops\n\n" + sse(R"({"type":"content_block_delta","delta":1})");
    const std::string stream = sse(anthropic::message_start) + malformed +
                               sse(anthropic::text_delta("a")) + sse(anthropic::message_delta());
    EXPECT_TRUE(is_complete(stream));
    EXPECT_EQ(reader().malformed_chunks(), 2U);
    EXPECT_EQ(text, "a");
    options.fail_on_malformed = true;
    EXPECT_EQ(error(stream).code, ErrorCode::response);
}

TEST_F(AnthropicStream, ContentThatIsCutIsNotKeptForSendingBack) {
    auto events = anthropic::thinking_and_tools();
    events.resize(5);  // Its signature has come, its end has not.
    (void)error(joined(events));
    EXPECT_EQ(reader().partial()->reasoning(), "Let me \"see\"");
    EXPECT_TRUE(reader().partial()->choices.at(0).message.extra.empty());

    EXPECT_TRUE(is_complete(joined(
        {anthropic::message_start, anthropic::block_start(0, R"({"type":"server_tool_use"})"),
         anthropic::block_delta(0, R"({"type":"input_json_delta","partial_json":"{\"cut"})"),
         anthropic::message_delta("max_tokens")})));
    EXPECT_TRUE(reader().take().choices.at(0).message.extra.empty());
}

TEST_F(AnthropicStream, ADocumentInAnswerToAStreamIsOneChunk) {  // E3
    EXPECT_TRUE(is_complete(anthropic::thinking_and_tools_document));
    EXPECT_EQ(chunks, std::vector<std::string>{anthropic::thinking_and_tools_document});
    EXPECT_EQ(text, "Looking.");
    const auto answer = reader().take();
    EXPECT_EQ(answer.finish_reason(), "tool_calls");
    EXPECT_EQ(answer.choices.at(0).message.tool_calls.size(), 2U);
    EXPECT_EQ(error(R"({"choices":[{"message":{}}]})").code, ErrorCode::response);
}

TEST_F(AnthropicStream, StopsWhenTheCallbackWantsNoMore) {
    on_chunk = [](const ChatChunk& chunk) { return chunk.content() != "one"; };
    EXPECT_TRUE(std::holds_alternative<StoppedByCallback>(read(joined(anthropic::two_words()))));
    EXPECT_EQ(text, "one");
}

TEST_F(AnthropicStream, LimitsToolCallsAndEvents) {  // T8
    std::string stream = sse(anthropic::message_start);
    for (int i = 0; i <= static_cast<int>(ChatAccumulator::max_parts); ++i) {
        stream += sse(anthropic::block_start(
            0, R"({"type":"tool_use","id":")" + std::to_string(i) + R"(","name":"f"})"));
        stream += sse(anthropic::block_stop(0));
    }
    EXPECT_EQ(error(stream).code, ErrorCode::limit_exceeded);

    std::string blocks;
    for (std::size_t i = 0; i <= ChatAccumulator::max_parts; ++i) {
        blocks += std::string(blocks.empty() ? "" : ",") + R"({"type":"tool_use"})";
    }
    EXPECT_EQ(error(R"({"type":"message","content":[)" + blocks + "]}").code,
              ErrorCode::limit_exceeded);

    options.limits.event = 100;
    EXPECT_EQ(error(sse(anthropic::text_delta(std::string(200, 'x')))).code,
              ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace cloud_backend::detail
