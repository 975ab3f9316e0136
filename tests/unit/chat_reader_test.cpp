#include "chat/chat_reader.hpp"

#include "chat/chunk_decoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cloud_backend::detail {

namespace {

constexpr std::string_view completion_body =
    R"({"id":"c1","model":"m","choices":[{"message":{"role":"assistant","content":"Hello"},)"
    R"("finish_reason":"stop"}],"usage":{"total_tokens":3}})";
constexpr std::string_view error_body = R"({"error":{"message":"overloaded","code":503}})";

std::unique_ptr<AnswerFormat> openai(const LimitOptions& limits = {}) {
    return std::make_unique<ChunkDecoder>(limits.json_depth);
}

ResponseHead head_of(std::string content_type, bool framed = true) {
    return {
        .status = 200, .headers = {{"Content-Type", std::move(content_type)}}, .framed = framed};
}

std::string event(std::string_view json) {
    return "data: " + std::string(json) + "\n\n";
}

std::string text(std::string_view content) {
    return event(R"({"choices":[{"delta":{"content":")" + std::string(content) + R"("}}]})");
}

const std::string finish = event(R"({"choices":[{"delta":{},"finish_reason":"stop"}]})");
const std::string done = event("[DONE]");

const ErrorDetails& error_in(const Reading& reading) {
    return std::get<ErrorDetails>(reading);
}

bool is_complete(const Reading& reading) {
    return std::holds_alternative<Complete>(reading);
}

/// Feeds `body` in pieces of `piece` bytes until the reader has an opinion, at the latest at the
/// end.
Reading read_all(ResponseReader& reader, std::string_view body, std::size_t piece = 1'000'000) {
    while (!body.empty()) {
        auto reading = reader.on_body(body.substr(0, piece));
        if (!std::holds_alternative<NeedMore>(reading)) return reading;
        body.remove_prefix(std::min(piece, body.size()));
    }
    return reader.on_end();
}

// --- a plain answer ------------------------------------------------------------------------------

struct PlainAnswer {
    CompletionReader reader;
    Reading reading;

    explicit PlainAnswer(std::string_view body, bool framed = true, const LimitOptions& limits = {})
        : reader(limits, openai(limits)) {
        reader.begin(head_of("application/json", framed));
        reading = read_all(reader, body, 7);
    }
    const ErrorDetails& error() const { return error_in(reading); }
};

TEST(CompletionReader, ReadsACompletion) {
    PlainAnswer answer(completion_body);
    ASSERT_TRUE(is_complete(answer.reading));
    const auto completion = answer.reader.take();
    EXPECT_EQ(completion.content(), "Hello");
    EXPECT_EQ(completion.model, "m");
    EXPECT_EQ(completion.raw.text(), completion_body) << "the server's bytes";
}

TEST(CompletionReader, AsksForJson) {
    EXPECT_EQ(CompletionReader({}, openai()).accept(), "application/json");
}

TEST(CompletionReader, BeginsEachAttemptAnew) {
    CompletionReader reader({}, openai());
    reader.begin(head_of("text/html"));
    (void)reader.on_body("<html>");
    reader.begin(head_of("application/json"));
    ASSERT_TRUE(is_complete(read_all(reader, completion_body)));
    EXPECT_EQ(reader.take().content(), "Hello");
}

TEST(CompletionReader, ReadsThroughByteOrderMarkAndBrokenCharacters) {  // S4
    PlainAnswer answer(
        "\xEF\xBB\xBF"
        R"({"choices":[{"message":{"content":"a\ud83d"}}]})");
    ASSERT_TRUE(is_complete(answer.reading));
    const auto completion = answer.reader.take();
    EXPECT_EQ(completion.content(), "a\uFFFD");
    EXPECT_EQ(completion.raw.text(), R"({"choices":[{"message":{"content":"a\ufffd"}}]})");
}

TEST(CompletionReader, FindsTheErrorInAnAnswer) {  // E3, T4
    for (const std::string_view body :
         {std::string_view(R"({"error":{"message":"overloaded"}})"),
          std::string_view(R"([{"error":{"message":"overloaded"}}])"),
          std::string_view(R"({"object":"error","message":"overloaded"})"),
          std::string_view(R"({"error":{"message":"overloaded"},"choices":[]})"),
          std::string_view(
              R"({"choices":[{"finish_reason":"error","error":{"message":"overloaded"}}]})")}) {
        PlainAnswer answer(body);
        EXPECT_EQ(answer.error().code, ErrorCode::stream) << body;
        EXPECT_EQ(answer.error().message, "overloaded") << body;
    }
    EXPECT_EQ(PlainAnswer(error_body).error().api.status, 503);
}

TEST(CompletionReader, RefusesWhatWasNotPromised) {  // T4, section 8
    struct Case {
        std::string_view body;
        std::string_view message;
        bool maybe_cut;
    };
    for (const auto& [body, message, maybe_cut] : std::vector<Case>{
             {"", "empty", true},
             {" \r\n", "empty", true},
             {"Bad gateway", "not JSON", true},
             {completion_body.substr(0, 60), "not JSON", true},
             {"<!doctype html><HTML><Title lang=en>\n Sign in </TITLE>",
              "HTML page titled \"Sign in\"", true},
             {"<html><body>", "HTML page", true},
             {"<title", "HTML page", true},
             {"<title>", "HTML page", true},
             {"{}", "no completion", false},
             {R"({"data":[]})", "no completion", false},
             {R"({"choices":[{"index":128}]})", "no completion", false},
             {"[]", "no completion", false},
             {"null", "no completion", false},
         }) {
        const PlainAnswer framed(body);
        EXPECT_EQ(framed.error().code, ErrorCode::response) << body;
        EXPECT_NE(framed.error().message.find(message), std::string::npos)
            << body << ": " << framed.error().message;
        EXPECT_EQ(framed.error().content_type, "application/json");
        EXPECT_FALSE(framed.error().retryable) << body;
        EXPECT_EQ(PlainAnswer(body, false).error().retryable, maybe_cut) << body;
    }
}

TEST(CompletionReader, DoesNotQuoteTheAnswer) {  // E4
    EXPECT_EQ(PlainAnswer("secret thoughts").error().message.find("secret"), std::string::npos);
}

TEST(CompletionReader, LimitsTheBody) {  // T8
    EXPECT_TRUE(is_complete(
        PlainAnswer(completion_body, true, {.response_body = completion_body.size()}).reading));
    const PlainAnswer answer(completion_body, true, {.response_body = completion_body.size() - 1});
    EXPECT_EQ(answer.error().code, ErrorCode::limit_exceeded);
    EXPECT_FALSE(answer.error().retryable);
}

TEST(CompletionReader, LosesNoToolCallSilently) {  // T8
    const auto with_calls = [](std::size_t count) {
        std::string calls;
        for (std::size_t i = 0; i < count; ++i) calls += i == 0 ? "{}" : ",{}";
        return R"({"choices":[{"message":{"tool_calls":[)" + calls + "]}}]}";
    };
    EXPECT_TRUE(is_complete(PlainAnswer(with_calls(4'096)).reading));
    EXPECT_EQ(PlainAnswer(with_calls(4'097)).error().code, ErrorCode::limit_exceeded);
}

TEST(CompletionReader, LimitsNesting) {  // T8
    const std::string body = std::string(257, '[') + '1' + std::string(257, ']');
    EXPECT_EQ(PlainAnswer(body).error().code, ErrorCode::limit_exceeded);
}

// --- a streamed answer ---------------------------------------------------------------------------

/// A reader whose callback notes the contents of the chunks.
class ChatStreamReaderTest : public testing::Test {
protected:
    Reading read(std::string_view body, std::size_t piece = 1'000'000) {
        return read(head_of("text/event-stream"), body, piece);
    }
    Reading read(const ResponseHead& head, std::string_view body, std::size_t piece = 1'000'000) {
        contents.clear();
        reader_.emplace(callback_, options, openai(options.limits));
        reader_->begin(head);
        return read_all(*reader_, body, piece);
    }
    ErrorDetails error(std::string_view body) { return error_in(read(body)); }
    ChatStreamReader& reader() { return *reader_; }
    std::string content() const {
        std::string all;
        for (const auto& piece : contents) all += piece;
        return all;
    }

    StreamReaderOptions options{};
    std::function<bool(const ChatChunk&)> on_chunk = [](const ChatChunk&) { return true; };
    std::vector<std::string> contents{};

private:
    ChunkCallback callback_{[this](const ChatChunk& chunk) -> bool {
        contents.emplace_back(chunk.content());
        return on_chunk(chunk);
    }};
    std::optional<ChatStreamReader> reader_{};
};

TEST_F(ChatStreamReaderTest, DeliversChunksAndReturnsTheWhole) {
    EXPECT_TRUE(is_complete(read(text("Hel") + ": comment\n\n" + text("lo") + finish + done)));
    EXPECT_EQ(contents, (std::vector<std::string>{"Hel", "lo", ""}));
    EXPECT_EQ(reader().accept(), "text/event-stream");
    EXPECT_EQ(reader().events_seen(), 3U);
    EXPECT_EQ(reader().malformed_chunks(), 0U);
    EXPECT_TRUE(reader().delivered());
    const auto completion = reader().take();
    EXPECT_EQ(completion.content(), "Hello");
    EXPECT_EQ(completion.finish_reason(), "stop");
    EXPECT_TRUE(completion.raw.empty());
}

TEST_F(ChatStreamReaderTest, ReadsTheSameHoweverTheBytesAreCut) {  // S2
    const std::string stream = text("Hel") + text("lo") + finish + done;
    for (const std::string_view answer : {std::string_view(stream), completion_body}) {
        const std::string body = "\xEF\xBB\xBF\n \r\n" + std::string(answer);
        for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
            EXPECT_TRUE(is_complete(read(body, piece))) << piece;
            EXPECT_EQ(content(), "Hello") << piece;
            EXPECT_EQ(reader().take().content(), "Hello") << piece;
        }
    }
}

TEST_F(ChatStreamReaderTest, AStreamThatIsReadInACallbackLeavesTheChunkAlone) {
    std::string inner_content;
    const ChunkCallback inner([&](const ChatChunk& chunk) { inner_content += chunk.content(); });
    on_chunk = [&](const ChatChunk& chunk) {
        const std::string before(chunk.raw.text());
        ChatStreamReader reader(inner, {}, openai());
        reader.begin(head_of("text/event-stream"));
        EXPECT_TRUE(is_complete(read_all(reader, text("inner") + finish + done)));
        EXPECT_EQ(chunk.raw.text(), before);
        return true;
    };
    EXPECT_TRUE(is_complete(read(text("a") + text("b") + done)));
    EXPECT_EQ(content(), "ab");
    EXPECT_EQ(inner_content, "innerinner");
}

TEST_F(ChatStreamReaderTest, EndsWithDone) {  // S5
    for (const std::string_view last : {"data: [DONE]\n\n", "data:[DONE]\n\n", "data:  [DONE] \n\n",
                                        "data: [DONE]\r\n\r\n", "data: [DONE]\n", "data: [DONE]"}) {
        EXPECT_TRUE(is_complete(read(text("a") + std::string(last)))) << last;
    }
    EXPECT_TRUE(is_complete(read(text("a") + done + text("b") + event(error_body))));
    EXPECT_EQ(content(), "a") << "what follows is not read";
    EXPECT_TRUE(is_complete(read(done)));
}

TEST_F(ChatStreamReaderTest, TakesAlmostDoneForMalformed) {  // S5
    EXPECT_TRUE(is_complete(read(text("a") + event("[DONE") + event("[done]") + finish)));
    EXPECT_EQ(reader().malformed_chunks(), 2U);
}

TEST_F(ChatStreamReaderTest, EndsWithoutDoneOnceEveryChoiceHasFinished) {  // T4
    EXPECT_TRUE(is_complete(read(text("a") + finish)));
    EXPECT_EQ(error(text("a")).code, ErrorCode::stream_truncated);
    EXPECT_EQ(error(finish + event(R"({"choices":[{"index":1,"delta":{"content":"b"}}]})")).code,
              ErrorCode::stream_truncated);
    EXPECT_EQ(error(event(R"({"choices":[],"usage":{"total_tokens":1}})")).code,
              ErrorCode::stream_truncated)
        << "no choice at all";

    options.expected_choices = 2;
    EXPECT_EQ(error(finish).code, ErrorCode::stream_truncated);
    EXPECT_TRUE(is_complete(
        read(finish + event(R"({"choices":[{"index":1,"delta":{},"finish_reason":"length"}]})"))));
}

TEST_F(ChatStreamReaderTest, TellsWhatATruncatedStreamHadShown) {  // T4
    const auto cut = error(text("a") + text("b"));
    EXPECT_EQ(cut.code, ErrorCode::stream_truncated);
    EXPECT_EQ(cut.events_seen, 2U);
    EXPECT_FALSE(cut.retryable) << "something was delivered (R7)";
    ASSERT_TRUE(reader().partial());
    EXPECT_EQ(reader().partial()->content(), "ab");

    const auto silent = error(": nothing yet\n\n");
    EXPECT_EQ(silent.code, ErrorCode::stream_truncated);
    EXPECT_EQ(silent.events_seen, 0U);
    EXPECT_TRUE(silent.retryable);
    EXPECT_FALSE(reader().partial());
    EXPECT_FALSE(reader().delivered());
}

TEST_F(ChatStreamReaderTest, CountsAPendingRecordThatIsComplete) {  // S5
    EXPECT_TRUE(is_complete(read(text("a") + finish.substr(0, finish.size() - 2))));
    EXPECT_TRUE(is_complete(read(text("a") + finish.substr(0, finish.size() - 1))));
    EXPECT_EQ(error(text("a") + finish.substr(0, finish.size() - 4)).code,
              ErrorCode::stream_truncated);
}

TEST_F(ChatStreamReaderTest, DeliversTheLinesOfJoinedDataOneByOne) {  // S6
    EXPECT_TRUE(
        is_complete(read("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n"
                         "data:\n"
                         "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n"
                         "data: [DONE]\n\n")));
    EXPECT_EQ(contents, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(reader().malformed_chunks(), 0U);

    EXPECT_TRUE(is_complete(read("data: {\"choices\":\ndata: []}\n\n" + finish)));
    EXPECT_EQ(reader().events_seen(), 2U) << "one JSON over two lines is one event";
}

TEST_F(ChatStreamReaderTest, DeliversNoLineOfJoinedDataUnlessAllAreJson) {  // S6, E5
    EXPECT_TRUE(
        is_complete(read("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n"
                         "data: {\"cut\n\n" +
                         finish)));
    EXPECT_EQ(content(), "");
    EXPECT_EQ(reader().malformed_chunks(), 1U);
}

TEST_F(ChatStreamReaderTest, FindsErrorsAmongJoinedLines) {  // S6
    EXPECT_EQ(error("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\ndata: " +
                    std::string(error_body) + "\n\n")
                  .message,
              "overloaded");
    EXPECT_EQ(content(), "a");
}

TEST_F(ChatStreamReaderTest, SkipsAndCountsMalformedEvents) {  // E5
    EXPECT_TRUE(is_complete(read(text("a") + event("{oops") + event("1") + event("[]") + text("b") +
                                 event(R"({"choices":[{"index":999,"delta":{"content":"x"}}]})") +
                                 finish + done)));
    EXPECT_EQ(content(), "ab");
    EXPECT_EQ(reader().malformed_chunks(), 4U);
    EXPECT_EQ(reader().events_seen(), 3U);
}

TEST_F(ChatStreamReaderTest, KeepsNothingOfAMalformedChunk) {  // A11
    const std::string malformed = event(
        R"({"id":"x","usage":{"total_tokens":9},"x":1,"choices":[{"delta":{"content":"x",)"
        R"("role":"tool","tool_calls":[{"id":"x"}]},"finish_reason":"length"},{"index":128}]})");
    EXPECT_EQ(error(text("a") + malformed).code, ErrorCode::stream_truncated);
    ASSERT_TRUE(is_complete(read(malformed + text("a") + malformed + finish)));
    EXPECT_EQ(contents, (std::vector<std::string>{"a", ""}));
    EXPECT_EQ(reader().malformed_chunks(), 2U);
    const auto completion = reader().take();
    EXPECT_EQ(completion.id, "");
    EXPECT_FALSE(completion.usage);
    EXPECT_TRUE(completion.extra.empty());
    ASSERT_EQ(completion.choices.size(), 1U);
    EXPECT_EQ(completion.content(), "a");
    EXPECT_EQ(completion.finish_reason(), "stop");
    EXPECT_EQ(completion.choices[0].message.role, Role::assistant);
    EXPECT_TRUE(completion.choices[0].message.tool_calls.empty());
}

TEST_F(ChatStreamReaderTest, PassesOverObjectsThatSayNothingOfTheAnswer) {
    options.fail_on_malformed = true;
    const std::string pings = event("{}") + event(R"({"type":"ping"})") + "data: {}\ndata: {}\n\n";
    EXPECT_EQ(error(pings).code, ErrorCode::stream_truncated);
    EXPECT_EQ(reader().events_seen(), 0U);
    EXPECT_EQ(reader().malformed_chunks(), 0U);
    EXPECT_FALSE(reader().delivered());

    EXPECT_TRUE(is_complete(read(pings + text("a") + pings + finish)));
    EXPECT_EQ(contents.size(), 2U);
}

TEST_F(ChatStreamReaderTest, FailsOnMalformedEventsIfAsked) {  // E5
    options.fail_on_malformed = true;
    for (const std::string& body : {event("{secret") + text("b"), event("{secret") + done,
                                    finish + event("{secret"), finish + "data: {secret"}) {
        const auto details = error(body);
        EXPECT_EQ(details.code, ErrorCode::response) << body;
        EXPECT_FALSE(details.retryable);
        EXPECT_EQ(details.content_type, "text/event-stream");
        EXPECT_EQ(details.message.find("secret"), std::string::npos) << "no payload";
        EXPECT_EQ(content(), "");
    }
    EXPECT_TRUE(is_complete(read(text("a") + finish + done)));
}

TEST_F(ChatStreamReaderTest, TakesAMalformedLastRecordForTruncation) {  // E5
    for (const bool fail_on_malformed : {false, true}) {
        options.fail_on_malformed = fail_on_malformed;
        for (const std::string_view last : {"data: {\"cho", "data: {\"cho\n", "data: {\"cho\n\n"}) {
            EXPECT_EQ(error(text("a") + std::string(last)).code, ErrorCode::stream_truncated)
                << fail_on_malformed << last;
            EXPECT_EQ(error(std::string(last)).code, ErrorCode::stream_truncated) << last;
        }
    }
}

TEST_F(ChatStreamReaderTest, EndsWithTheErrorOfAnEvent) {  // E1, E3
    for (const std::string& body :
         {event(error_body), "event: error\n" + event(error_body),
          event(R"({"error":{"message":"overloaded","code":503},"choices":[]})"),
          // S7
          "error: " + std::string(error_body) + "\n\n",
          std::string(R"(error: {"code":503,"message":"overloaded","type":"server_error"})") + "\n",
          ": hi\n" + std::string(error_body) + "\n\n"}) {
        const auto first = error(body + text("after"));
        EXPECT_EQ(first.code, ErrorCode::stream) << body;
        EXPECT_EQ(first.message, "overloaded") << body;
        EXPECT_EQ(first.api.status, 503) << body;
        EXPECT_FALSE(reader().delivered()) << body;

        EXPECT_EQ(error(text("a") + body).message, "overloaded") << body;
        EXPECT_EQ(content(), "a");
    }
    EXPECT_EQ(error("error: out of memory\n\n").message, "out of memory");
    EXPECT_EQ(error("error: \"out of memory\"\n\n").message, "out of memory");
}

TEST_F(ChatStreamReaderTest, FindsABareErrorThatTheStreamBeginsWith) {  // S7, E3
    const std::string bare(error_body);
    for (const std::string& body : {bare + "\n\n" + done, bare + "\r\n\r\n" + text("a"),
                                    " \n" + bare + "\r: comment\r\r", bare + "\n" + bare + "\n"}) {
        const auto details = error(body);
        EXPECT_EQ(details.code, ErrorCode::stream) << body;
        EXPECT_EQ(details.message, "overloaded") << body;
        EXPECT_EQ(details.api.status, 503) << body;
        EXPECT_EQ(PlainAnswer(body).error().message, "overloaded") << body;
    }
    for (const std::string& body : {"{\"choices\":[]}\n\n" + text("a"), "{\n" + bare}) {
        EXPECT_EQ(error(body).code, ErrorCode::response) << body;
    }
}
TEST_F(ChatStreamReaderTest, TellsABareErrorAsSoonAsItsLineIsOver) {  // S7
    (void)read(done);
    reader().begin(head_of("text/event-stream"));
    EXPECT_EQ(error_in(reader().on_body(std::string(error_body) + "\n")).message, "overloaded");
}
TEST_F(ChatStreamReaderTest, IgnoresAnotherBareLineThatTheStreamBeginsWith) {  // section 1
    EXPECT_TRUE(is_complete(read("{\"type\":\"hello\"}\n\n" + text("a") + finish + done)));
    EXPECT_EQ(content(), "a");
    EXPECT_TRUE(is_complete(read("[1]\r\n\r\n" + text("b") + finish + done)));
}

TEST_F(ChatStreamReaderTest, ReadsADocumentOfSeveralLines) {  // E3
    EXPECT_TRUE(is_complete(read("{\"choices\":[{\"message\":{\"content\":\"a\"}}]}\n\n \n")));
    EXPECT_EQ(content(), "a");
    EXPECT_TRUE(is_complete(read("{\n\"choices\":[\n{\"message\":{\"content\":\"b\"}}]}\n")));
}

TEST_F(ChatStreamReaderTest, IgnoresOtherBareLines) {  // S7
    EXPECT_TRUE(is_complete(read(text("a") +
                                 "hello\n{\"choices\":[]}\n[1\nerror:\nerror: null\n"
                                 "error: {}\nfoo: bar\n\n" +
                                 finish)));
    EXPECT_EQ(reader().malformed_chunks(), 0U);
    EXPECT_EQ(reader().events_seen(), 2U);
}

TEST_F(ChatStreamReaderTest, ReadsAMessageInPlaceOfDeltas) {  // C4
    const std::string message = R"({"choices":[{"message":{"content":"all"}}]})";
    const std::string joined = R"({"choices":[{"delta":{"content":"x"}}]})";
    for (const std::string& before :
         {event(R"({"choices":[{"delta":{"role":"assistant","content":""}}]})"),
          // What is looked at but not delivered.
          "data: " + joined + "\ndata: {cut\n\n", joined + "\n\n",
          event(R"({"choices":[{"delta":{"content":"x"}},{"index":-1}]})")}) {
        EXPECT_TRUE(is_complete(read(": stream\n" + before + event(message) + finish))) << before;
        EXPECT_EQ(content(), "all") << before;
    }
    EXPECT_TRUE(is_complete(read(text("a") + text("ll") + event(message) + finish)));
    EXPECT_EQ(content(), "all");
}

TEST_F(ChatStreamReaderTest, TakesTheFinishReasonErrorAsFailure) {  // T4
    const auto details =
        error(text("a") + event(R"({"choices":[{"delta":{},"finish_reason":"error"}]})") + done);
    EXPECT_EQ(details.code, ErrorCode::stream);
    EXPECT_EQ(contents.size(), 1U) << "the failed chunk is not delivered";
    ASSERT_TRUE(reader().partial());
    EXPECT_EQ(reader().partial()->content(), "a");
}

TEST_F(ChatStreamReaderTest, NeverTakesAFailureForTheEndHoweverOftenItIsWritten) {  // T4
    const std::string both =
        R"({"choices":[{"message":{},"finish_reason":"stop","finish_reason":"error"}]})";
    EXPECT_EQ(error(event(both) + done).code, ErrorCode::stream);
    EXPECT_EQ(error(both).code, ErrorCode::stream);
    EXPECT_EQ(PlainAnswer(both).error().code, ErrorCode::stream);
}

TEST_F(ChatStreamReaderTest, StopsWhenTheCallbackWantsNoMore) {
    on_chunk = [](const ChatChunk& chunk) { return chunk.content() != "b"; };
    EXPECT_TRUE(std::holds_alternative<StoppedByCallback>(
        read(text("a") + text("b") + text("c") + finish + done)));
    EXPECT_EQ(content(), "ab");
    EXPECT_EQ(reader().take().content(), "ab");
    on_chunk = [](const ChatChunk&) { return false; };
    EXPECT_TRUE(std::holds_alternative<StoppedByCallback>(read(completion_body)));
}

TEST_F(ChatStreamReaderTest, LetsExceptionsOfTheCallbackPass) {  // T7
    on_chunk = [](const ChatChunk&) -> bool { throw std::runtime_error("mine"); };
    EXPECT_THROW(read(text("a") + done), std::runtime_error);
    EXPECT_TRUE(reader().delivered());
    ASSERT_TRUE(reader().partial());
    EXPECT_EQ(reader().partial()->content(), "a");
    EXPECT_THROW(read(completion_body), std::runtime_error);
    EXPECT_TRUE(reader().delivered());
}

TEST_F(ChatStreamReaderTest, BeginsEachAttemptAnew) {
    EXPECT_EQ(error(event("{oops") + "data: {\"pending").code, ErrorCode::stream_truncated);
    reader().begin(head_of("text/event-stream"));
    EXPECT_EQ(reader().malformed_chunks(), 0U);
    EXPECT_EQ(reader().events_seen(), 0U);
    EXPECT_TRUE(is_complete(read_all(reader(), text("b") + finish)));
    EXPECT_EQ(reader().take().content(), "b");

    reader().begin(head_of("application/json"));
    EXPECT_FALSE(reader().delivered());
    EXPECT_TRUE(is_complete(read_all(reader(), completion_body)));
    EXPECT_EQ(reader().take().content(), "Hello");

    reader().begin(head_of("text/event-stream"));
    EXPECT_TRUE(is_complete(read_all(reader(), text("c") + finish)));
    EXPECT_EQ(reader().take().content(), "c");
}

TEST_F(ChatStreamReaderTest, LimitsAnEvent) {  // T8
    options.limits.event = 1000;
    const auto details = error(text("a") + text(std::string(2000, 'x')));
    EXPECT_EQ(details.code, ErrorCode::limit_exceeded);
    EXPECT_FALSE(details.retryable);
    EXPECT_EQ(content(), "a");
}

TEST_F(ChatStreamReaderTest, LimitsAnEventThatTheEndOfTheInputCompletes) {  // T8
    options.limits.event = 100;
    const std::string line = "data: " + std::string(90, 'x');
    EXPECT_EQ(error(line + "\n" + line).code, ErrorCode::limit_exceeded);
    EXPECT_EQ(error(line).code, ErrorCode::stream_truncated);
}

TEST_F(ChatStreamReaderTest, LimitsTheToolCallsOfAWholeStream) {  // T8
    std::string stream = text("a");
    const auto add_calls = [&](std::size_t first, std::size_t end) {
        for (auto i = first; i < end; ++i) {
            stream += event(R"({"choices":[{"delta":{"tool_calls":[{"index":)" + std::to_string(i) +
                            "}]}}]}");
        }
    };
    add_calls(0, ChatAccumulator::max_parts);
    EXPECT_TRUE(is_complete(read(stream + finish)));
    add_calls(ChatAccumulator::max_parts, ChatAccumulator::max_parts + 1);
    const auto details = error(stream + finish);
    EXPECT_EQ(details.code, ErrorCode::limit_exceeded);
    EXPECT_FALSE(details.retryable);
    EXPECT_EQ(contents.size(), ChatAccumulator::max_parts + 1)
        << "what is too much is not delivered";
    EXPECT_EQ(reader().partial()->content(), "a");
}

TEST_F(ChatStreamReaderTest, LimitsTheToolCallsOfAChunk) {  // T8
    std::string calls;
    for (int i = 0; i < 5'000; ++i) {
        calls.append(i == 0 ? "" : ",").append(R"({"index":)").append(std::to_string(i)) += '}';
    }
    EXPECT_EQ(error(event(R"({"choices":[{"delta":{"tool_calls":[)" + calls + "]}}]}")).code,
              ErrorCode::limit_exceeded);
}

TEST_F(ChatStreamReaderTest, LimitsNesting) {  // T8
    options.limits.json_depth = 10;
    EXPECT_EQ(error(event(std::string(11, '[') + '1' + std::string(11, ']'))).code,
              ErrorCode::limit_exceeded);
}

// --- a document in answer to a stream request (E3) -----------------------------------------------

TEST_F(ChatStreamReaderTest, DeliversADocumentAsOneChunk) {
    for (const char* content_type : {"application/json", "text/event-stream", ""}) {
        EXPECT_TRUE(is_complete(read(head_of(content_type), completion_body, 5)));
        EXPECT_EQ(contents, std::vector<std::string>{"Hello"});
        EXPECT_EQ(reader().events_seen(), 1U);
        EXPECT_TRUE(reader().delivered());
        ASSERT_TRUE(reader().partial());
        EXPECT_EQ(reader().partial()->content(), "Hello");
        const auto completion = reader().take();
        EXPECT_EQ(completion.content(), "Hello");
        EXPECT_EQ(completion.finish_reason(), "stop");
        EXPECT_EQ(completion.raw.text(), completion_body);
        ASSERT_TRUE(completion.usage);
        EXPECT_EQ(completion.usage->total_tokens, 3);
    }
}

TEST_F(ChatStreamReaderTest, GivesTheSameErrorForTheSameFaultAsAPlainAnswer) {
    for (const std::string_view body :
         {std::string_view(""), std::string_view("<html><title>Sign in</title>"), error_body,
          std::string_view(R"([{"error":{"message":"overloaded"}}])"),
          completion_body.substr(0, 60), std::string_view("{}"), std::string_view("[]")}) {
        for (const bool framed : {false, true}) {
            const PlainAnswer plain(body, framed);
            const auto details = error_in(read(head_of("application/json", framed), body));
            EXPECT_EQ(details.code, plain.error().code) << body;
            EXPECT_EQ(details.message, plain.error().message) << body;
            EXPECT_EQ(details.retryable, plain.error().retryable) << body;
            EXPECT_EQ(details.content_type, plain.error().content_type) << body;
            EXPECT_EQ(details.api.status, plain.error().api.status) << body;
            EXPECT_FALSE(reader().delivered()) << body;
        }
    }
}

TEST_F(ChatStreamReaderTest, RefusesTextOfAnotherType) {
    const auto details = error_in(read(head_of("text/plain"), "Internal error"));
    EXPECT_EQ(details.code, ErrorCode::response);
    EXPECT_EQ(details.content_type, "text/plain");
    EXPECT_FALSE(details.retryable);
    EXPECT_TRUE(error_in(read(head_of("text/plain", false), "Internal error")).retryable);
    EXPECT_TRUE(is_complete(read(head_of("text/plain"), text("a") + finish)))
        << "what is a stream is read as one";
    EXPECT_EQ(error_in(read(head_of("Text/Event-Stream; charset=utf-8"), "Internal error")).code,
              ErrorCode::stream_truncated);
}

}  // namespace

}  // namespace cloud_backend::detail
