#include "../support/backend_fixture.hpp"
#include "told_stream.hpp"

#include <cloud_backend/cloud_backend.hpp>
#include <cloud_backend/parse_content.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

// Events of streams, and contents as JSON, over sockets.
namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using Log = std::vector<std::string>;

class EventsOverASocket : public ::testing::Test {
protected:
    EmbeddedServer server{};
    ToldStream told{};

    ChatCompletion call() {
        const auto backend = create_openai_backend(quick_options(server.url()));
        return stream_events(*backend, ask(), told.handlers());
    }
};

TEST_F(EventsOverASocket, TextAndItsEnd) {
    server.enqueue(Answer::stream(with_done(three_word_events())));
    EXPECT_EQ(call().content(), "one two three");
    EXPECT_EQ(told.log,
              (Log{"0 content one", "0 content  two", "0 content  three", "0 finish stop"}));
}

std::string call_chunk(const std::string& call) {
    return chunk_json(R"({"tool_calls":[)" + call + "]}");
}

TEST_F(EventsOverASocket, CallsOfTools) {
    server.enqueue(Answer::stream(with_done(
        {call_chunk(R"({"index":0,"id":"a","function":{"name":"f","arguments":""}})"),
         call_chunk(R"({"index":0,"function":{"arguments":"{\"x\":1}"}})"),
         call_chunk(R"({"index":1,"id":"b","function":{"name":"g","arguments":"{}"}})"),
         chunk_json("{}", R"("tool_calls")"),
         R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})"})));
    expect_same(told, call());
    EXPECT_EQ(told.log, (Log{"0 started[0] a:f", "0 arguments[0] {\"x\":1}", "0 done[0] {\"x\":1}",
                             "0 started[1] b:g", "0 arguments[1] {}", "0 done[1] {}",
                             "0 finish tool_calls", "usage 3"}));
}

TEST_F(EventsOverASocket, ACutStreamMakesNoCallDone) {
    server.enqueue(Answer::stream(
        {call_chunk(R"({"index":0,"id":"a","function":{"name":"f","arguments":"{}"}})")}));
    EXPECT_THROW((void)call(), StreamTruncatedError);
    EXPECT_EQ(told.log, (Log{"0 started[0] a:f", "0 arguments[0] {}"}));
}

TEST_F(EventsOverASocket, ContentAsJson) {
    server.enqueue(Answer::stream(with_done(
        {content_chunk(R"({\"x\")"), content_chunk(":7}"), chunk_json("{}", R"("stop")")})));
    EXPECT_EQ(parse_content(call()).at("x"), 7);
}

}  // namespace
}  // namespace cloud_backend::test
