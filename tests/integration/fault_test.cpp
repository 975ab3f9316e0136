#include "../support/backend_fixture.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

// What networks and servers do wrong, over sockets, beyond the cells of the fault matrix. A cut
// stream is never a success, nothing is delivered twice, and the server sees as many POSTs as
// attempts are reported.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;
using embedded_server::Answer;
using embedded_server::EmbeddedServer;

class Fault : public ::testing::Test {
protected:
    EmbeddedServer server{};
    ClientOptions options = quick_options(server.url());
    std::string streamed{};

    ChatCompletion stream(OpenAICloudBackend& backend) {
        streamed.clear();
        return backend.chat_completion(
            ask(), [this](const ChatChunk& chunk) { streamed += chunk.content(); });
    }
    template <class ErrorType>
    ErrorType failing_stream() {
        const auto backend = create_openai_backend(options);
        try {
            stream(*backend);
        } catch (const ErrorType& error) {
            EXPECT_EQ(error.attempts().size(), server.request_count());
            return error;
        }
        throw std::logic_error("the stream ended well");
    }
};

TEST_F(Fault, AStreamWithoutItsEndIsTruncatedAndKeepsItsText) {  // T4
    auto events = three_word_events();
    events.pop_back();
    server.enqueue(Answer::stream(events));
    const auto error = failing_stream<StreamTruncatedError>();
    ASSERT_NE(error.partial(), nullptr);
    EXPECT_EQ(error.partial()->content(), "one two three");
    EXPECT_EQ(streamed, "one two three");
    EXPECT_EQ(error.events_seen(), 4u);
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::already_delivered);
}

TEST_F(Fault, AStreamWithAFinishReasonNeedsNoDone) {  // T4
    server.enqueue(Answer::stream(three_word_events()));
    const auto backend = create_openai_backend(options);
    EXPECT_EQ(stream(*backend).content(), "one two three");
}

/// Whatever byte the connection ends at: a success only if all was said, else an error that holds
/// what was delivered, or a retry if nothing was.
void cut_everywhere(EmbeddedServer& server, const ClientOptions& options, bool reset) {
    const auto answer = Answer::stream(with_done(three_word_events()));
    const auto wire = answer.wire();
    const auto finished = wire.find("\"stop\"");
    ASSERT_NE(finished, std::string::npos);
    for (std::size_t size = 0; size < wire.size(); ++size) {
        SCOPED_TRACE(size);
        const auto requests_before = server.request_count();
        const auto cut = answer.cut_after(size);
        server.enqueue(reset ? cut.then_reset() : cut);
        const auto backend = create_openai_backend(options);
        std::vector<std::string> chunks;
        std::size_t attempts = 0;
        const auto collect = [&](const ChatChunk& chunk) { chunks.emplace_back(chunk.content()); };
        try {
            const auto completion = backend->chat_completion(ask(), collect);
            attempts = completion.metadata.attempts.size();
            if (attempts == 1) {
                EXPECT_GT(size, finished);
                EXPECT_EQ(completion.content(), "one two three");
            } else {
                EXPECT_EQ(completion.content(), "pong");  // Of the second attempt alone.
                EXPECT_EQ(chunks, (std::vector<std::string>{"", "pong", ""}));
            }
        } catch (const Error& error) {
            attempts = error.attempts().size();
            EXPECT_EQ(attempts, 1u);
            EXPECT_FALSE(chunks.empty());
            std::string text;
            for (const auto& chunk : chunks) text += chunk;
            EXPECT_TRUE(std::string_view("one two three").starts_with(text));
            ASSERT_NE(error.partial(), nullptr);
            EXPECT_EQ(error.partial()->content(), text);
        }
        EXPECT_EQ(server.request_count() - requests_before, attempts);
    }
}

TEST_F(Fault, AStreamClosedAtAnyByteIsRetriedOrReportedNeverASuccess) {  // T4, R7
    options.breaker.fail_max = 1'000'000;
    cut_everywhere(server, options, false);
}

TEST_F(Fault, AStreamResetAtAnyByteIsRetriedOrReportedNeverASuccess) {  // T4, R7
    options.breaker.fail_max = 1'000'000;
    cut_everywhere(server, options, true);
}

TEST_F(Fault, AConnectionClosedBetweenCallsCostsNoSecondPost) {  // T2
    const auto backend = create_openai_backend(options);
    std::size_t attempts = 0;
    for (int i = 0; i < 5; ++i) {  // In quick succession: libcurl looks once a second.
        attempts += stream(*backend).metadata.attempts.size();
        server.close_idle_connections();
        attempts += backend->chat_completion(ask()).metadata.attempts.size();
        server.reset_idle_connections();
    }
    EXPECT_EQ(attempts, 10u);
    EXPECT_EQ(server.request_count(), 10u);
}

TEST_F(Fault, AKeptConnectionThatDiesBeforeAByteCostsOnePostForEachAttempt) {  // T2
    for (const bool reset : {false, true}) {
        const auto backend = create_openai_backend(options);
        (void)backend->chat_completion(ask());
        const auto before = server.request_count();
        server.enqueue(reset ? Answer::bytes("").then_reset() : Answer::bytes("").then_close());
        const auto answer = backend->chat_completion(ask());
        EXPECT_EQ(answer.metadata.attempts.size(), 2u);
        EXPECT_EQ(server.request_count() - before, 2u);
        EXPECT_EQ(answer.metadata.attempts[0].error, ErrorCode::connection);
    }
}

TEST_F(Fault, NothingIsSentTwiceWhenAmbiguousRetriesAreOff) {  // T2, section 3
    options.retry.retry_ambiguous = false;
    const auto backend = create_openai_backend(options);
    (void)backend->chat_completion(ask());
    server.enqueue(Answer::bytes("").then_close());
    try {
        (void)backend->chat_completion(ask());
        FAIL();
    } catch (const ConnectionError& error) {
        EXPECT_TRUE(error.sent());
        EXPECT_EQ(error.attempts().size(), 1u);
    }
    EXPECT_EQ(server.request_count(), 2u);
}

TEST_F(Fault, AConnectionThatDiesAfterTheHeadersIsRetriedOncePerAttempt) {  // T2
    const auto backend = create_openai_backend(options);
    (void)backend->chat_completion(ask());
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    server.enqueue(Answer::bytes(head).then_close());
    server.enqueue(Answer::bytes(head).then_reset());
    const auto answer = backend->chat_completion(ask());
    EXPECT_EQ(answer.metadata.attempts.size(), 3u);
    EXPECT_EQ(server.request_count(), 4u);
}

TEST_F(Fault, AStatusLineAloneIsNoSuccess) {  // T4
    for (const bool streaming : {false, true}) {
        server.enqueue(Answer::bytes("HTTP/1.1 200 OK\r\n\r\n").then_close());
        const auto backend = create_openai_backend(options);
        const auto answer = streaming ? stream(*backend) : backend->chat_completion(ask());
        EXPECT_EQ(answer.metadata.attempts.size(), 2u);
        EXPECT_EQ(answer.content(), "pong");
    }
}

TEST_F(Fault, AnAnswerThatIsNotHttpIsTheServersFailure) {
    server.enqueue(Answer::bytes("SSH-2.0-OpenSSH_9.2\r\n").then_close());
    const auto backend = create_openai_backend(options);
    EXPECT_EQ(backend->chat_completion(ask()).metadata.attempts.size(), 2u);
    EXPECT_EQ(backend->health()->breaker().snapshot().counters.failures, 1u);
}

TEST_F(Fault, ACompleteAnswerThatIsNotJsonWasPaidForAndIsNotSentAgain) {  // section 3
    for (const char* body : {"<html><title>Gateway</title></html>", "", "not json", "[]", "{}"}) {
        SCOPED_TRACE(body);
        const auto before = server.request_count();
        server.enqueue(Answer::status(200, {{"Content-Type", "text/html"}}, body));
        const auto backend = create_openai_backend(options);
        EXPECT_THROW((void)backend->chat_completion(ask()), ResponseError);
        EXPECT_EQ(server.request_count() - before, 1u);
    }
}

TEST_F(Fault, AnExceptionOfTheCallbackComesBackAndOneRequestWasSent) {  // T7
    struct Mine : std::runtime_error {
        using std::runtime_error::runtime_error;
    };
    const auto backend = create_openai_backend(options);
    try {
        (void)backend->chat_completion(ask(), [](const ChatChunk&) { throw Mine("mine"); });
        FAIL();
    } catch (const Mine& mine) {
        EXPECT_STREQ(mine.what(), "mine");
    }
    EXPECT_EQ(server.request_count(), 1u);
    EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
}

TEST_F(Fault, OneErrorForTheSameFaultPlainStreamedOrMidStream) {  // E3
    const std::string error_json =
        R"({"error":{"message":"boom","type":"server_error","code":"x1"}})";
    options.retry.max_retries = 0;
    const auto backend = create_openai_backend(options);
    const auto expect_boom = [&](auto&& call) {
        try {
            call();
            FAIL();
        } catch (const StreamError& error) {
            EXPECT_EQ(error.api_code(), "x1");
            EXPECT_NE(std::string(error.what()).find("boom"), std::string::npos);
        }
    };
    server.enqueue(Answer::json(200, error_json));
    expect_boom([&] { (void)backend->chat_completion(ask()); });
    server.enqueue(Answer::json(200, error_json));
    expect_boom([&] { stream(*backend); });
    server.enqueue(Answer::stream({error_json}));
    expect_boom([&] { stream(*backend); });
    server.enqueue(Answer::stream({content_chunk("one"), error_json}));
    expect_boom([&] { stream(*backend); });
    EXPECT_EQ(streamed, "one");
}

TEST_F(Fault, ErrorStatusesHaveTheirTypes) {  // section 8
    options.retry.max_retries = 0;
    options.breaker.fail_max = 1'000;
    const auto backend = create_openai_backend(options);
    const auto answer = [&](int status) {
        server.enqueue(Answer::json(status, R"({"error":{"message":"no","code":7}})",
                                    {{"x-request-id", "req-1"}}));
        (void)backend->chat_completion(ask());
    };
    EXPECT_THROW(answer(400), BadRequestError);
    EXPECT_THROW(answer(401), AuthenticationError);
    EXPECT_THROW(answer(402), QuotaExceededError);
    EXPECT_THROW(answer(403), PermissionDeniedError);
    EXPECT_THROW(answer(404), NotFoundError);
    EXPECT_THROW(answer(409), ConflictError);
    EXPECT_THROW(answer(422), UnprocessableEntityError);
    EXPECT_THROW(answer(429), RateLimitError);
    EXPECT_THROW(answer(500), InternalServerError);
    EXPECT_THROW(answer(503), InternalServerError);
    try {
        answer(418);
        FAIL();
    } catch (const ApiError& error) {
        EXPECT_EQ(error.status(), 418);
        EXPECT_EQ(error.api_code(), "7");
        EXPECT_EQ(error.request_id(), "req-1");
    }
}

TEST_F(Fault, APeerThatNeverClosesCostsLittleAfterDone) {  // T10
    server.enqueue(Answer::bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                                 "data: " +
                                 content_chunk("one") + "\n\ndata: [DONE]\n\n")
                       .then_stall());
    const auto backend = create_openai_backend(options);
    const auto start = Clock::now();
    EXPECT_EQ(stream(*backend).content(), "one");
    EXPECT_LT(Clock::now() - start, 2s);  // 0.1 s by rule; loose for slow machines.
}

TEST_F(Fault, AMalformedChunkIsSkippedAndCounted) {  // E5
    auto events = with_done(three_word_events());
    events.insert(events.begin() + 2, "{oops");
    server.enqueue(Answer::stream(events));
    const auto backend = create_openai_backend(options);
    const auto answer = stream(*backend);
    EXPECT_EQ(answer.content(), "one two three");
    EXPECT_EQ(answer.metadata.malformed_chunks, 1u);
    options.fail_on_malformed = true;
    server.enqueue(Answer::stream(events));
    EXPECT_THROW(stream(*create_openai_backend(options)), ResponseError);
}

TEST_F(Fault, ARefusedConnectionIsRetriedThenReported) {
    std::string url;
    {
        const EmbeddedServer gone;
        url = gone.url();
    }
    options.base_url = url;
    try {
        (void)create_openai_backend(options)->chat_completion(ask());
        FAIL();
    } catch (const ConnectionError& error) {
        EXPECT_EQ(error.stage(), ConnectionStage::connect);
        EXPECT_FALSE(error.sent());
        EXPECT_EQ(error.attempts().size(), 4u);
    }
}

}  // namespace
}  // namespace cloud_backend::test
