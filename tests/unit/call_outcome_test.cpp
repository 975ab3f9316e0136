#include "../support/call_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

// How a call ends, and what the breaker hears of it: SPEC T2-T4, T6-T8, T10, 3, 5.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

class CallOutcome : public ::testing::Test {
protected:
    std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();
    ClientOptions options = fake_options(network);
    LineReader reader{};

    CircuitBreaker::Snapshot snapshot(const TestClient& client) const {
        return client.health()->breaker().snapshot(network->now());
    }
    /// Of a client whose first failure opens the circuit, and that makes no retry.
    void make_half_open(const TestClient& client) {
        network->expect(Exchange::answer(503, ""));
        EXPECT_THROW(client.stream("/x", "{}", reader), InternalServerError);
        network->advance(32s);
    }
};

TEST_F(CallOutcome, ACutStreamIsNeverASuccess) {  // T4
    options.retry.max_retries = 0;
    network->expect(Exchange().sent().head(200).body("a\n").finish());
    const auto error =
        error_of<StreamTruncatedError>([&] { TestClient(options).stream("/x", "{}", reader); });
    EXPECT_EQ(error.events_seen(), 1u);
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::already_delivered);
}

TEST_F(CallOutcome, WhatAReaderThrowsBeforeTheFirstBytePassesUnchanged) {  // T7
    class Throwing final : public ResponseReader {
        std::string_view accept() const override { return "text/lines"; }
        void begin(const ResponseHead&) override { throw std::runtime_error("mine"); }
        Reading on_body(std::string_view) override { return NeedMore{}; }
        Reading on_end() override { return Complete{}; }
    };
    Throwing throwing;
    const TestClient client(options);
    network->expect(Exchange::answer(200, "a\n"));
    EXPECT_THROW(client.stream("/x", "{}", throwing), std::runtime_error);
    EXPECT_EQ(snapshot(client).counters.failures, 0u);
    EXPECT_EQ(snapshot(client).counters.successes, 0u);
}

TEST_F(CallOutcome, ABodyThatBreaksOffIsNoAnswerOfAPost) {  // T4
    options.retry.max_retries = 0;
    const TestClient client(options);
    network->expect(
        Exchange().sent().head(200).body(R"({"a":1})").fail(TransferFault::interrupted));
    EXPECT_EQ(error_of<ConnectionError>([&] { (void)client.post("/x", "{}"); }).curl_code(), 56);
    network->expect(Exchange().sent().head(200).body(R"({"a":1})"));
    EXPECT_EQ(error_of<TimeoutError>([&] { (void)client.post("/x", "{}"); }).limit(),
              TimeLimit::idle);
    EXPECT_EQ(snapshot(client).counters.failures, 2u);
}

TEST_F(CallOutcome, ABodyWithoutAMarkedEndIsAnAnswerOfAPostIfItIsWholeJson) {  // T4
    const auto unmarked = [](std::string body) {
        return Exchange().sent().head(200, {}, false).body(std::move(body)).finish();
    };
    network->expect(unmarked(R"({"a":)")).expect(unmarked(R"({"a":1})"));
    const auto response = TestClient(options).post("/x", "{}");
    EXPECT_EQ(response.body, R"({"a":1})");
    EXPECT_EQ(response.metadata.attempts.front().error, ErrorCode::response);
}

TEST_F(CallOutcome, ABodyWithAMarkedEndMayBeAnything) {
    network->expect(Exchange::answer(200, "no JSON"));
    EXPECT_EQ(TestClient(options).post("/x", "{}").body, "no JSON");
}

TEST_F(CallOutcome, AConnectionThatClosesWithoutAnAnswerIsAConnectionError) {  // T4
    options.retry.max_retries = 0;
    network->expect(Exchange().sent().finish());
    const auto error =
        error_of<ConnectionError>([&] { TestClient(options).stream("/x", "{}", reader); });
    EXPECT_TRUE(error.sent());
    EXPECT_EQ(error.stage(), ConnectionStage::receive);
}

TEST_F(CallOutcome, ATransportErrorExplainsACutBetterThanTheCut) {  // section 8
    network->expect(Exchange().sent().head(200).body("a\n").fail(TransferFault::interrupted));
    const auto error =
        error_of<ConnectionError>([&] { TestClient(options).stream("/x", "{}", reader); });
    EXPECT_EQ(error.curl_code(), 56);
}

TEST_F(CallOutcome, ACompleteAnswerStaysOneWhenTheConnectionBreaksAfterIt) {  // T4
    network->expect(Exchange().sent().head(200).body("a\n.").fail(TransferFault::interrupted));
    EXPECT_NO_THROW(TestClient(options).stream("/x", "{}", reader));
}

TEST_F(CallOutcome, AfterTheEndTheRestIsDrainedSoThatTheConnectionLives) {  // T10
    network->expect(
        Exchange().sent().head(200).body(".\n").after(50ms).body("\r\n").after(40ms).finish());
    TestClient(options).stream("/x", "{}", reader);
    EXPECT_EQ(network->aborted, 0u);
}

TEST_F(CallOutcome, DrainingEndsAfterATenthOfASecond) {  // T10
    const auto start = network->now();
    network->expect(Exchange().sent().head(200).body(".\n"));
    const auto metadata = TestClient(options).stream("/x", "{}", reader);
    EXPECT_EQ(network->now() - start, 100ms);
    EXPECT_EQ(network->aborted, 1u);
    EXPECT_EQ(metadata.total_time, 0s);
}

TEST_F(CallOutcome, DrainingEndsAfter64KiB) {  // T10
    const auto start = network->now();
    network->expect(
        Exchange().sent().head(200).body(".\n").body(std::string(65'536, 'x')).body("y"));
    TestClient(options).stream("/x", "{}", reader);
    EXPECT_EQ(network->now(), start);
}

TEST_F(CallOutcome, AnExceptionOfTheCallbackPassesUnchangedAfterOneRequest) {  // T7
    struct Mine {
        int value;
    };
    LineReader throwing([](const std::string&) { throw Mine{7}; });
    const TestClient client(options);
    network->expect(Exchange::answer(200, "a\nb\n.\n"));
    try {
        client.stream("/x", "{}", throwing);
        FAIL();
    } catch (const Mine& mine) {
        EXPECT_EQ(mine.value, 7);
    }
    EXPECT_EQ(network->requests.size(), 1u);
    EXPECT_EQ(throwing.lines.size(), 1u);
    EXPECT_EQ(snapshot(client).counters.neutral, 1u);
}

TEST_F(CallOutcome, CancellingMidStreamIsNeutralAndKeepsItsType) {  // T1, section 3
    const TestClient client(options);
    std::stop_source stop;
    network->expect(Exchange().sent().head(200).body("a\n").also([&] { stop.request_stop(); }));
    const auto error = error_of<CancelledError>(
        [&] { client.stream("/x", "{}", reader, {.stop = stop.get_token()}); });
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::ended_by_caller);
    EXPECT_EQ(snapshot(client).counters.neutral, 1u);
    EXPECT_EQ(network->aborted, 1u);
}

TEST_F(CallOutcome, ACallCancelledBeforehandSendsNothing) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(TestClient(options).stream("/x", "{}", reader, {.stop = stop.get_token()}),
                 CancelledError);
    EXPECT_TRUE(network->requests.empty());
}

TEST_F(CallOutcome, ARedirectIsAnErrorThatNamesItsTargetWithoutItsQuery) {  // T6, E2
    network->expect(Exchange::answer(307, "", {{"Location", "https://other.test/v1?key=secret"}}));
    const auto error = error_of<ApiError>([&] { TestClient(options).stream("/x", "{}", reader); });
    EXPECT_EQ(error.status(), 307);
    const std::string what = error.what();
    EXPECT_NE(what.find("https://other.test/v1"), std::string::npos);
    EXPECT_EQ(what.find("secret"), std::string::npos);
}

TEST_F(CallOutcome, LargeResponseHeadersAreALocalLimit) {  // T8
    const TestClient client(options);
    network->expect(Exchange().sent().header_bytes().fail(TransferFault::too_large));
    EXPECT_THROW(client.stream("/x", "{}", reader), LimitExceededError);
    EXPECT_EQ(network->requests.size(), 1u);
    EXPECT_EQ(snapshot(client).counters.neutral, 1u);
}

TEST_F(CallOutcome, ALargeBodyIsALocalLimit) {  // T8
    options.limits.response_body = 10;
    network->expect(Exchange::answer(200, "0123456789"));
    EXPECT_EQ(TestClient(options).post("/x", "{}").body, "0123456789");
    network->expect(Exchange::answer(200, "0123456789a"));
    EXPECT_THROW((void)TestClient(options).post("/x", "{}"), LimitExceededError);
}

TEST_F(CallOutcome, AnErrorBodyIsKeptTo64KiB) {  // section 8
    options.retry.max_retries = 0;
    network->expect(
        Exchange().sent().head(500).body(std::string(60'000, 'a')).body(std::string(60'000, 'b')));
    const auto error =
        error_of<InternalServerError>([&] { TestClient(options).stream("/x", "{}", reader); });
    EXPECT_EQ(error.body().size(), 65'536u);
}

TEST_F(CallOutcome, AnErrorBodyIsNotCutInsideACharacter) {  // section 8
    options.retry.max_retries = 0;
    network->expect(Exchange().sent().head(500).body(std::string(65'535, 'a') + "\xC3\xA9"));
    const auto error =
        error_of<InternalServerError>([&] { TestClient(options).stream("/x", "{}", reader); });
    EXPECT_EQ(error.body().size(), 65'535u);
}

// --- section 5: the breaker is asked before each attempt and told each outcome ---

TEST_F(CallOutcome, FiveFailuresInARowOpenTheCircuitAndNothingIsSent) {  // B1
    options.retry.max_retries = 0;
    const TestClient client(options);
    for (int i = 0; i < 5; ++i) {
        EXPECT_FALSE(client.is_circuit_open());
        network->expect(Exchange::answer(503, ""));
        EXPECT_THROW(client.stream("/x", "{}", reader), InternalServerError);
    }
    EXPECT_TRUE(client.is_circuit_open());
    const auto error = error_of<CircuitBreakerError>([&] { client.stream("/x", "{}", reader); });
    EXPECT_EQ(error.retry_in(), 31'500ms);  // 30 s and half of the tenth.
    EXPECT_TRUE(error.attempts().empty());
    EXPECT_EQ(network->requests.size(), 5u);
}

TEST_F(CallOutcome, EveryAttemptIsRecordedNotEveryCall) {  // B2
    const TestClient client(options);
    for (int i = 0; i < 3; ++i) network->expect(Exchange::answer(503, ""));
    network->expect(Exchange::answer(200, ".\n"));
    client.stream("/x", "{}", reader);
    EXPECT_EQ(snapshot(client).counters.failures, 3u);
    EXPECT_EQ(snapshot(client).counters.successes, 1u);
}

TEST_F(CallOutcome, TheCallersOwnMistakesLeaveTheCircuitClosed) {  // section 1
    const TestClient client(options);
    for (const int status : {400, 401, 403, 404, 422, 400, 401}) {
        network->expect(Exchange::answer(status, ""));
        EXPECT_THROW(client.stream("/x", "{}", reader), ApiError);
    }
    EXPECT_FALSE(client.is_circuit_open());
    EXPECT_EQ(snapshot(client).counters.rejected, 7u);
}

TEST_F(CallOutcome, ThrottlingDoesNotOpenAClosedCircuit) {  // section 3
    options.retry.max_retries = 0;
    const TestClient client(options);
    for (int i = 0; i < 9; ++i) {
        network->expect(Exchange::answer(429, ""));
        EXPECT_THROW(client.stream("/x", "{}", reader), RateLimitError);
    }
    EXPECT_FALSE(client.is_circuit_open());
    EXPECT_EQ(snapshot(client).counters.throttled, 9u);
}

TEST_F(CallOutcome, AStreamThatEndsRecordsASuccess) {  // section 1, B4
    const TestClient client(options);
    network->expect(Exchange()
                        .sent()
                        .head(200)
                        .body("a\n")
                        .also([&] {
                            EXPECT_EQ(snapshot(client).counters.successes,
                                      0u);  // Closed: counts at the end.
                        })
                        .body(".\n")
                        .finish());
    client.stream("/x", "{}", reader);
    EXPECT_EQ(snapshot(client).counters.successes, 1u);
}

TEST_F(CallOutcome, AProbeHasItsPlaceForAsLongAsItsLimitsLetItBeSilentAndABit) {  // B3
    struct Row {
        std::chrono::milliseconds connect;
        std::chrono::milliseconds first_byte;
        Duration lease;
    };
    options.retry.max_retries = 0;
    options.breaker.fail_max = 1;
    for (const auto& [connect, first_byte, lease] :
         {Row{10s, 60s, 80s}, Row{1s, 2s, 13s}, Row{0s, 1s, 1h + 11s}, Row{2h, 1s, 1h + 11s}}) {
        options.timeouts = {.connect = connect, .first_byte = first_byte};
        const TestClient client(options);
        make_half_open(client);
        Duration taken_for{};
        network->expect(Exchange()
                            .also([&] { taken_for = *snapshot(client).next_probe_in; })
                            .sent()
                            .head(200)
                            .body(".\n")
                            .finish());
        client.stream("/x", "{}", reader);
        EXPECT_EQ(taken_for, lease);
    }
}

TEST_F(CallOutcome, AProbeThatIsCancelledGivesItsPlaceBack) {  // B3
    options.retry.max_retries = 0;
    options.breaker.fail_max = 1;
    const TestClient client(options);
    make_half_open(client);
    std::stop_source stop;
    network->expect(Exchange().also([&] { stop.request_stop(); }));
    EXPECT_THROW(client.stream("/x", "{}", reader, {.stop = stop.get_token()}), CancelledError);
    network->expect(Exchange::answer(200, ".\n"));
    EXPECT_NO_THROW(client.stream("/x", "{}", reader));
    EXPECT_FALSE(client.is_circuit_open());
}

TEST_F(CallOutcome, AnAttemptThatTheCallbackEndsIsToldAsEndedByTheCaller) {  // R10
    std::vector<AttemptInfo> told;
    options.hooks.on_attempt_finished = [&](const CallInfo&, const AttemptInfo& info) {
        told.push_back(info);
    };
    LineReader throwing([](const std::string&) { throw std::runtime_error("mine"); });
    network->expect(Exchange::answer(200, "a\n"));
    EXPECT_THROW(TestClient(options).stream("/x", "{}", throwing), std::runtime_error);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].end, AttemptEnd::ended_by_caller);
    EXPECT_FALSE(told[0].error);
}

TEST_F(CallOutcome, ClientsOfOneEndpointCanShareItsHealth) {  // B5
    options.retry.max_retries = 0;
    options.health = std::make_shared<EndpointHealth>(CircuitBreakerOptions{.fail_max = 1});
    const TestClient one(options), other(options);
    network->expect(Exchange::answer(503, ""));
    EXPECT_THROW(one.stream("/x", "{}", reader), InternalServerError);
    EXPECT_TRUE(other.is_circuit_open());
    EXPECT_THROW(other.stream("/x", "{}", reader), CircuitBreakerError);
}

TEST_F(CallOutcome, AnIsolatedCircuitRefusesForEver) {  // B6
    const TestClient client(options);
    client.health()->breaker().isolate();
    EXPECT_EQ(error_of<CircuitBreakerError>([&] { client.stream("/x", "{}", reader); }).retry_in(),
              Duration::max());
}

TEST_F(CallOutcome, AProbeKeepsItsPlaceAsLongAsBytesArrive) {  // B3: its lease is 80 s
    options.retry.max_retries = 0;
    options.breaker.fail_max = 1;
    const auto probe_with = [&](Exchange exchange) {
        const TestClient client(options);
        make_half_open(client);
        network->expect(exchange.also(
            [&] { EXPECT_GT(client.health()->breaker().retry_in(network->now()), 0s); }));
        EXPECT_THROW(client.stream("/x", "{}", reader), Error);
    };
    auto head_by_drops = Exchange().sent();
    auto error_by_drops = Exchange().sent().head(500);
    for (int i = 0; i < 3; ++i) {
        head_by_drops.after(50s).header_bytes();
        error_by_drops.after(50s).body("x");
    }
    probe_with(head_by_drops);
    probe_with(error_by_drops);
}

TEST_F(CallOutcome, AConnectionWasReusedAlsoWhenTheLibraryEndsTheTransfer) {  // C5
    network->expect(Exchange().sent(ConnectionUse::reused).head(200).body(".\n"));
    EXPECT_TRUE(TestClient(options).stream("/x", "{}", reader).connection_reused);
}

TEST_F(CallOutcome, AnUpgradeThatNobodyAskedForIsAnError) {  // section 3
    network->expect(Exchange::answer(101, "a\n.\n"));
    EXPECT_EQ(error_of<ApiError>([&] { TestClient(options).stream("/x", "{}", reader); }).status(),
              101);
    EXPECT_TRUE(reader.lines.empty());
}

TEST_F(CallOutcome, TheFirstEventClosesAHalfOpenCircuitBeforeTheCallbackHasIt) {  // B4
    options.retry.max_retries = 0;
    options.breaker.fail_max = 1;
    const TestClient client(options);
    make_half_open(client);
    LineReader slow(
        [&](const std::string&) { EXPECT_EQ(snapshot(client).state, CircuitState::closed); });
    network->expect(Exchange::answer(200, "a\n.\n"));
    client.stream("/x", "{}", slow);
    EXPECT_EQ(slow.lines.size(), 1u);
    EXPECT_EQ(snapshot(client).counters.successes, 1u);
}

TEST_F(CallOutcome, ARetryAfterLengthensTheOpenTime) {  // B1
    options.retry.max_retries = 0;
    options.breaker.fail_max = 1;
    const TestClient client(options);
    network->expect(Exchange::answer(503, "", {{"Retry-After", "50"}}));
    EXPECT_THROW(client.stream("/x", "{}", reader), InternalServerError);
    EXPECT_GE(client.health()->breaker().retry_in(network->now()), 50s);
}

TEST_F(CallOutcome, AnErrorInsideAStreamObeysTheHeadersOfItsAnswer) {  // R2, section 8
    const auto in_band = [](Headers headers) {
        return Exchange::answer(200, "!503\n", std::move(headers));
    };
    network->expect(in_band({{"x-should-retry", "false"}, {"x-request-id", "req-1"}}));
    const auto error =
        error_of<StreamError>([&] { TestClient(options).stream("/x", "{}", reader); });
    EXPECT_EQ(error.attempts().size(), 1u);
    EXPECT_EQ(error.request_id(), "req-1");
    EXPECT_NE(find_header(error.headers(), "x-should-retry"), nullptr);
}

}  // namespace
}  // namespace cloud_backend::test
