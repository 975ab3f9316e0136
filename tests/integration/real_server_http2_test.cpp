#include "real_server_fixture.hpp"

#include <cstddef>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

// What an HTTP/2 server can do wrong to a stream or a connection, with node on the other side. The
// server sees as many POSTs as attempts are reported.
namespace cloud_backend::test {
namespace {

/// node running http2_faults.mjs, which says what its paths do.
class Http2Server {
public:
    [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + port_; }
    /// Ends it, and returns how many requests it has received.
    [[nodiscard]] std::size_t stop() {
        process_.stop();
        return count_of("POST ");
    }
    /// The connections that were made, once it is stopped.
    [[nodiscard]] std::size_t sessions() const { return count_of("session"); }

private:
    std::size_t count_of(std::string_view text) const {
        std::size_t count = 0;
        const std::string& output = process_.output();
        for (std::size_t at = 0; (at = output.find(text, at)) != std::string::npos; ++at) ++count;
        return count;
    }

    ChildProcess process_{
        {"node", HTTP2_FAULTS, certificates().valid.certificate, certificates().valid.key}};
    std::string port_ = process_.await_line_with("port ").substr(std::string_view("port ").size());
};

class Http2 : public ::testing::Test {
protected:
    void SetUp() override {
        require_programs({"node", "openssl"});
        if (IsSkipped() || HasFatalFailure()) return;
        server.emplace();
    }

    ClientOptions options_for(const std::string& fault) const {
        return trusting_options(server->url() + fault);
    }
    ChunkCallback collect() {
        return [this](const ChatChunk& chunk) { streamed += chunk.content(); };
    }
    ChatCompletion call(OpenAICloudBackend& backend, bool streaming) {
        return streaming ? backend.chat_completion(ask(), collect())
                         : backend.chat_completion(ask());
    }
    /// A streamed call that ends in the middle, with what was delivered, and is not made again.
    template <class ErrorType>
    ErrorType broken_stream(const std::string& fault) {
        const auto backend = create_openai_backend(options_for(fault));
        const auto error =
            error_of<ErrorType>([&] { (void)backend->chat_completion(ask(), collect()); });
        EXPECT_EQ(streamed, "one");
        EXPECT_TRUE(error.partial() != nullptr && error.partial()->content() == "one");
        EXPECT_EQ(error.attempts().size(), 1U);
        EXPECT_EQ(error.attempts().back().end, AttemptEnd::already_delivered);
        EXPECT_EQ(backend->health()->breaker().snapshot().counters.failures, 1U);
        EXPECT_EQ(server->stop(), 1U);
        return error;
    }

    std::optional<Http2Server> server{};
    std::string streamed{};
};

// --- before the answer --------------------------------------------------------------------------

class BeforeTheAnswer : public Http2, public ::testing::WithParamInterface<const char*> {
protected:
    ClientOptions options_for_request(int number) const {
        return options_for(GetParam() + std::to_string(number));
    }
};

TEST_P(BeforeTheAnswer, ABrokenRequestIsMadeAgainAndNotByLibcurl) {  // T2, section 3
    const auto backend = create_openai_backend(options_for_request(2));
    std::size_t attempts = 0;
    for (const bool streaming : {false, true, false, true}) {
        const auto answer = call(*backend, streaming);
        EXPECT_EQ(answer.content(), "one two");
        attempts += answer.metadata.attempts.size();
    }
    EXPECT_EQ(attempts, 5U);
    EXPECT_EQ(streamed, "one twoone two");
    EXPECT_EQ(backend->health()->breaker().snapshot().counters.failures, 1U);
    EXPECT_EQ(server->stop(), 5U);
}

TEST_P(BeforeTheAnswer, NothingIsSentTwiceWhenAmbiguousRetriesAreOff) {  // T2, section 3
    auto options = options_for_request(2);
    options.retry.retry_ambiguous = false;
    const auto backend = create_openai_backend(options);
    (void)backend->chat_completion(ask());
    const auto error = error_of<ConnectionError>([&] { (void)backend->chat_completion(ask()); });
    EXPECT_TRUE(error.sent());
    EXPECT_EQ(error.attempts().size(), 1U);
    EXPECT_EQ(server->stop(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Http2, BeforeTheAnswer,
                         ::testing::Values("/refuse/", "/reset/", "/go-away/",
                                           "/go-away-and-close/"),
                         [](const auto& test) {
                             std::string name = test.param;
                             std::erase(name, '/');
                             std::erase(name, '-');
                             return name;
                         });

TEST_F(Http2, AServerThatRefusesEveryStreamSeesOnePostForEachAttempt) {  // T2
    const auto backend = create_openai_backend(options_for("/refuse"));
    const auto error = error_of<ConnectionError>([&] { (void)backend->chat_completion(ask()); });
    EXPECT_TRUE(error.sent());
    EXPECT_EQ(error.attempts().size(), 4U);
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::retries_exhausted);
    EXPECT_EQ(server->stop(), 4U);  // libcurl by itself would make it 24.
}

// --- in the middle of it ------------------------------------------------------------------------

TEST_F(Http2, AResetInMidStreamKeepsWhatWasDelivered) {  // section 3
    const auto error = broken_stream<ConnectionError>("/reset-midway");
    EXPECT_EQ(error.stage(), ConnectionStage::receive);
    EXPECT_NE(std::string(error.what()).find("INTERNAL_ERROR"), std::string::npos) << error.what();
}

TEST_F(Http2, AResetWithoutErrorInMidStreamIsNoSuccess) {  // T4
    const auto error = broken_stream<StreamTruncatedError>("/reset-without-error-midway");
    EXPECT_EQ(error.events_seen(), 1U);
}

TEST_F(Http2, AGoAwayInMidStreamKeepsWhatWasDelivered) {  // section 3
    const auto error = broken_stream<ConnectionError>("/go-away-and-close-midway");
    EXPECT_EQ(error.stage(), ConnectionStage::receive);
}

TEST_F(Http2, APlainAnswerThatBreaksOffIsAskedForAgain) {  // T4, section 3
    for (const char* fault :
         {"/reset-midway/1", "/reset-without-error-midway/3", "/go-away-and-close-midway/5"}) {
        SCOPED_TRACE(fault);
        const auto backend = create_openai_backend(options_for(fault));
        const auto answer = backend->chat_completion(ask());
        EXPECT_EQ(answer.content(), "one two");
        EXPECT_EQ(answer.metadata.attempts.size(), 2U);
        EXPECT_EQ(answer.metadata.attempts.front().status, 200);
    }
    EXPECT_EQ(server->stop(), 6U);
}

TEST_F(Http2, AGoAwayDoesNotDisturbTheStreamUnderWayNorTheNextCall) {  // T2, T10
    const auto backend = create_openai_backend(options_for("/go-away-midway-and-finish/1"));
    EXPECT_EQ(call(*backend, true).content(), "one two");
    const auto next = call(*backend, true);
    EXPECT_EQ(next.content(), "one two");
    EXPECT_EQ(next.metadata.attempts.size(), 1U);
    EXPECT_FALSE(next.metadata.connection_reused);
    EXPECT_EQ(server->stop(), 2U);
}

// --- many at once -------------------------------------------------------------------------------

TEST_F(Http2, AsynchronousCallsShareAConnection) {
    const auto backend = create_openai_backend(options_for("/well"));
    std::vector<std::future<ChatCompletion>> answers;
    for (int i = 0; i < 50; ++i) answers.push_back(backend->chat_completion_future(ask()));
    for (auto& answer : answers) EXPECT_EQ(answer.get().content(), "one two");
    EXPECT_EQ(server->stop(), 50U);
    EXPECT_EQ(server->sessions(), 1U);
}

TEST_F(Http2, AStreamThatIsCancelledDoesNotDisturbTheOthersOfItsConnection) {
    const auto backend = create_openai_backend(options_for("/stall-midway/1"));
    std::promise<void> stalled;
    const CallHandle first = backend->chat_completion_async(
        ask(), {.on_chunk = [&](const ChatChunk&) { stalled.set_value(); }});
    stalled.get_future().wait();
    std::vector<std::future<ChatCompletion>> answers;
    for (int i = 0; i < 20; ++i) answers.push_back(backend->chat_completion_future(ask()));
    first.cancel();
    first.wait();
    for (auto& answer : answers) EXPECT_EQ(answer.get().metadata.attempts.size(), 1U);
    EXPECT_EQ(server->stop(), 21U);
    EXPECT_EQ(server->sessions(), 1U);
}

TEST_F(Http2, ACallAfterOneThatEndedBesideAnotherOfItsConnectionIsMade) {
    const auto backend = create_openai_backend(options_for("/stall-midway/1"));
    std::promise<void> stalled;
    const CallHandle beside = backend->chat_completion_async(
        ask(), {.on_chunk = [&](const ChatChunk&) { stalled.set_value(); }});
    stalled.get_future().wait();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(backend->chat_completion_future(ask()).get().content(), "one two");
    }
    beside.cancel();
    beside.wait();
    EXPECT_EQ(server->stop(), 4U);
    EXPECT_EQ(server->sessions(), 1U);
}

// --- pulled -------------------------------------------------------------------------------------

TEST_F(Http2, AStreamThatIsPulledArrivesWhole) {
    const auto backend = create_openai_backend(options_for("/long"));
    ChatStream pulled = backend->stream(ask());
    int chunks = 0;
    for (const ChatChunk& chunk : pulled) {
        if (chunks < 20'000) {
            ASSERT_TRUE(chunk.content().starts_with(std::to_string(chunks) + ' ')) << chunks;
        }
        ++chunks;
    }
    EXPECT_EQ(chunks, 20'002);
    EXPECT_EQ(call(*backend, true).finish_reason(), "stop");
    EXPECT_EQ(server->stop(), 2U);
    EXPECT_EQ(server->sessions(), 1U);
}

// --- ended by the caller ------------------------------------------------------------------------

TEST_F(Http2, ACancelledStreamDoesNotDisturbTheNextCall) {  // T1, T10
    const auto backend = create_openai_backend(options_for("/stall-midway/1"));
    std::stop_source stop;
    const auto error = error_of<CancelledError>([&] {
        (void)backend->chat_completion(ask(), [&](const ChatChunk&) { stop.request_stop(); },
                                       {.stop = stop.get_token()});
    });
    ASSERT_NE(error.partial(), nullptr);
    EXPECT_EQ(error.partial()->content(), "one");
    const auto next = call(*backend, true);
    EXPECT_EQ(next.content(), "one two");
    EXPECT_EQ(next.metadata.attempts.size(), 1U);
    EXPECT_EQ(backend->health()->breaker().snapshot().counters.failures, 0U);
    EXPECT_EQ(server->stop(), 2U);
}

TEST_F(Http2, AStoppedStreamDoesNotDisturbTheNextCall) {  // T7, T10
    const auto backend = create_openai_backend(options_for("/stall-midway/1"));
    const auto stopped = backend->chat_completion(ask(), [](const ChatChunk&) { return false; });
    EXPECT_EQ(stopped.content(), "one");
    const auto next = call(*backend, false);
    EXPECT_EQ(next.content(), "one two");
    EXPECT_EQ(next.metadata.attempts.size(), 1U);
    EXPECT_EQ(server->stop(), 2U);
}

}  // namespace
}  // namespace cloud_backend::test
