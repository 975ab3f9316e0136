#include "../support/call_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

// SPEC 4, and what the attempts of a call report.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

class CallRetry : public ::testing::Test {
protected:
    std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();
    ClientOptions options = fake_options(network);
    LineReader reader{};

    CallMetadata call(const CallOptions& call_options = {}) {
        return TestClient(options).stream("/x", "{}", reader, call_options);
    }
    template <class ErrorType = Error>
    ErrorType failing_call(const CallOptions& call_options = {}) {
        return error_of<ErrorType>([&] { call(call_options); });
    }
    std::vector<Duration> waits() const {
        std::vector<Duration> waits;
        for (std::size_t i = 1; i < network->started_at.size(); ++i) {
            waits.push_back(network->started_at[i] - network->started_at[i - 1]);
        }
        return waits;
    }
};

TEST_F(CallRetry, APostIsRetriedOnTheOriginalsSchedule) {  // section 1, R5
    for (const int status : {503, 500, 429}) network->expect(Exchange::answer(status, ""));
    network->expect(Exchange::answer(200, "a\n.\n"));
    const auto metadata = call();
    EXPECT_EQ(waits(), (std::vector<Duration>{500ms, 1s, 2s}));
    EXPECT_EQ(reader.lines, std::vector<std::string>{"a"});
    ASSERT_EQ(metadata.attempts.size(), 4u);
    EXPECT_EQ(metadata.attempts[0].status, 503);
    EXPECT_EQ(metadata.attempts[0].wait, 500ms);
    EXPECT_EQ(metadata.attempts[0].end, AttemptEnd::retried);
    EXPECT_EQ(metadata.attempts[3].end, AttemptEnd::succeeded);
    EXPECT_FALSE(metadata.attempts[3].error);
}

TEST_F(CallRetry, AfterMaxRetriesTheLastErrorIsThrownWithAllAttempts) {  // R10
    for (int i = 0; i < 4; ++i) network->expect(Exchange::answer(500 + (i == 3 ? 3 : 0), ""));
    const auto error = failing_call<InternalServerError>();
    EXPECT_EQ(error.status(), 503);
    ASSERT_EQ(error.attempts().size(), 4u);
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::retries_exhausted);
    EXPECT_TRUE(error.retryable());
}

TEST_F(CallRetry, MaxRetriesZeroSendsExactlyOneRequest) {  // R10
    options.retry.max_retries = 0;
    network->expect(Exchange::answer(503, ""));
    EXPECT_EQ(failing_call().attempts().size(), 1u);
    EXPECT_EQ(network->requests.size(), 1u);
}

TEST_F(CallRetry, TheServerCanForbidOrAskForARetry) {  // R2
    network->expect(Exchange::answer(503, "", {{"X-Should-Retry", "FALSE"}}));
    EXPECT_EQ(failing_call().attempts().back().end, AttemptEnd::not_retryable);
    network->expect(Exchange::answer(400, "", {{"x-should-retry", "true"}}));
    network->expect(Exchange::answer(200, ".\n"));
    EXPECT_EQ(call().attempts.size(), 2u);
    network->expect(Exchange::answer(503, "", {{"x-should-retry", "perhaps"}}));
    network->expect(Exchange::answer(200, ".\n"));
    EXPECT_EQ(call().attempts.size(), 2u);
}

TEST_F(CallRetry, AnExhaustedQuotaIsNotRetriedAndLeavesTheBreakerAlone) {  // R3
    const TestClient client(options);
    network->expect(Exchange::answer(429,
                                     R"({"error":{"message":"pay","code":"insufficient_quota"}})",
                                     {{"x-should-retry", "true"}}));
    const auto error = error_of<QuotaExceededError>([&] { client.stream("/x", "{}", reader); });
    EXPECT_EQ(error.attempts().size(), 1u);
    EXPECT_EQ(client.health()->breaker().snapshot(network->now()).counters.rejected, 1u);
    EXPECT_FALSE(error.retryable());
}

TEST_F(CallRetry, WaitsAsLongAsTheServerAsks) {  // R6
    network->expect(Exchange::answer(429, "", {{"Retry-After", "20"}}));
    network->expect(Exchange::answer(200, ".\n"));
    call();
    EXPECT_EQ(waits(), std::vector<Duration>{21s});  // And half of the tenth.
}

TEST_F(CallRetry, ALongerWaitThanACallMayTakeFailsAtOnceAndTellsTheDelay) {  // R4
    network->expect(Exchange::answer(503, "", {{"Retry-After", "61"}}));
    const auto error = failing_call<InternalServerError>();
    EXPECT_EQ(error.retry_after(), 61s);
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::retry_after_too_long);
}

TEST_F(CallRetry, ALongThrottlingMakesTheNextCallsFailFastWithIt) {  // B5
    const TestClient client(options);
    network->expect(Exchange::answer(429, "", {{"Retry-After", "90"}}));
    EXPECT_EQ(error_of<RateLimitError>([&] { client.stream("/x", "{}", reader); }).retry_after(),
              90s);
    network->advance(30s);
    const auto next = error_of<RateLimitError>([&] { client.stream("/x", "{}", reader); });
    EXPECT_EQ(next.retry_after(), 60s);
    EXPECT_TRUE(next.attempts().empty());
    EXPECT_EQ(network->requests.size(), 1u);
    network->advance(60s);
    network->expect(Exchange::answer(200, ".\n"));
    EXPECT_NO_THROW(client.stream("/x", "{}", reader));
}

TEST_F(CallRetry, NothingIsRetriedOnceALineWasDelivered) {  // R7
    network->expect(Exchange().sent().head(200).body("a\n").fail(TransferFault::interrupted));
    const auto error = failing_call<ConnectionError>();
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::already_delivered);
    EXPECT_TRUE(error.retryable());
    EXPECT_EQ(reader.lines, std::vector<std::string>{"a"});
}

TEST_F(CallRetry, AStreamThatBreaksBeforeTheFirstLineIsRetried) {  // R7
    network->expect(Exchange().sent().head(200).body("#\n").fail(TransferFault::interrupted));
    network->expect(Exchange().sent().head(200).finish());
    network->expect(Exchange::answer(200, "a\n.\n"));
    EXPECT_EQ(call().attempts.size(), 3u);
}

TEST_F(CallRetry, AnErrorAsTheFirstEventCountsAsTheStatusItNames) {  // R7
    network->expect(Exchange::answer(200, "!503\n"));
    network->expect(Exchange::answer(200, "a\n.\n"));
    EXPECT_EQ(call().attempts.size(), 2u);
    network->expect(Exchange::answer(200, "!400\n"));
    const auto error = failing_call<StreamError>();
    EXPECT_EQ(error.status(), 400);
    EXPECT_EQ(error.attempts().size(), 1u);
}

TEST_F(CallRetry, AnEmptyBudgetEndsRetries) {  // R8
    options.retry.budget.capacity = 2;
    const TestClient client(options);
    for (int i = 0; i < 3; ++i) network->expect(Exchange::answer(503, ""));
    const auto error = error_of([&] { client.stream("/x", "{}", reader); });
    EXPECT_EQ(error.attempts().size(), 3u);
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::budget_exhausted);
}

TEST_F(CallRetry, AnAmbiguousRetryCostsDoubleAndASuccessRefunds) {  // R8
    const TestClient client(options);
    network->expect(Exchange().sent().fail(TransferFault::interrupted));
    network->expect(Exchange::answer(200, ".\n"));
    client.stream("/x", "{}", reader);
    EXPECT_DOUBLE_EQ(client.health()->budget().tokens(), 10 - 2 + 0.3);
}

TEST_F(CallRetry, WhatMayHaveBeenProcessedIsNotSentTwiceWhenToldSo) {  // section 3
    options.retry.retry_ambiguous = false;
    network->expect(Exchange().sent().fail(TransferFault::interrupted));
    EXPECT_TRUE(failing_call<ConnectionError>().sent());
    EXPECT_EQ(network->requests.size(), 1u);
}

TEST_F(CallRetry, AConnectionThatFailsBeforeSendingIsRetried) {  // section 3
    options.retry.retry_ambiguous = false;
    network->expect(Exchange::refused());
    network->expect(Exchange::answer(200, ".\n"));
    const auto metadata = call();
    EXPECT_EQ(metadata.attempts[0].curl_code, 7);
    EXPECT_EQ(metadata.attempts[0].error, ErrorCode::connection);
}

TEST_F(CallRetry, CancellingEndsTheWait) {  // R9, T1
    std::stop_source stop;
    network->expect(Exchange::answer(503, "", {{"Retry-After", "20"}}));
    network->at(network->now() + 5s, [&] { stop.request_stop(); });
    const auto error = failing_call<CancelledError>({.stop = stop.get_token()});
    EXPECT_EQ(network->now() - network->started_at[0], 5s);
    EXPECT_EQ(error.attempts().size(), 1u);
}

TEST_F(CallRetry, NoWaitStartsThatTheDeadlineWouldCut) {  // R9
    network->expect(Exchange().sent().after(700ms).head(503).finish());
    const auto error = failing_call<InternalServerError>({.deadline = 1200ms});
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::deadline);
    EXPECT_EQ(network->now() - network->started_at[0], 700ms);
}

TEST_F(CallRetry, HooksHearOfEachAttemptAndEachRetry) {  // R10
    std::vector<int> attempts, retries;
    options.hooks.on_attempt_finished = [&](const CallInfo&, const AttemptInfo& info) {
        attempts.push_back(info.status);
    };
    options.hooks.on_retry = [&](const CallInfo&, const AttemptInfo& info) {
        retries.push_back(info.status);
        EXPECT_EQ(info.wait, 500ms);
        throw std::runtime_error("a hook must not end a call");
    };
    network->expect(Exchange::answer(503, ""));
    network->expect(Exchange::answer(200, ".\n"));
    EXPECT_NO_THROW(call());
    EXPECT_EQ(attempts, (std::vector<int>{503, 200}));
    EXPECT_EQ(retries, std::vector<int>{503});
}

TEST_F(CallRetry, TheIdempotencyKeyStaysTheSameOverTheAttemptsOfACall) {  // R11
    options.idempotency_key = true;
    const TestClient client(options);
    const auto key_of = [&](std::size_t i) {
        return *find_header(network->requests[i].headers, "Idempotency-Key");
    };
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(200, ".\n"));
    client.stream("/x", "{}", reader);
    network->expect(Exchange::answer(200, ".\n"));
    client.stream("/x", "{}", reader);
    EXPECT_EQ(key_of(0), key_of(1));
    EXPECT_NE(key_of(0), key_of(2));
    EXPECT_GE(key_of(0).size(), 32u);
    network->expect(Exchange::answer(200, ".\n"));
    client.stream("/x", "{}", reader, {.idempotency_key = "mine"});
    EXPECT_EQ(key_of(3), "mine");
}

TEST_F(CallRetry, AKeyFunctionIsAskedAgainForEachAttempt) {  // R11
    int asked = 0;
    options.api_key = [&asked] { return "sk-" + std::to_string(++asked); };
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(200, ".\n"));
    call();
    EXPECT_EQ(*find_header(network->requests[0].headers, "authorization"), "Bearer sk-1");
    EXPECT_EQ(*find_header(network->requests[1].headers, "authorization"), "Bearer sk-2");
}

TEST_F(CallRetry, ABreakerThatRefusesTheRetryLeavesTheLastRealError) {  // R12
    options.breaker.fail_max = 2;
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(502, ""));
    const auto error = failing_call<InternalServerError>();
    EXPECT_EQ(error.status(), 502);
    EXPECT_EQ(error.attempts().size(), 2u);
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::circuit_open);
}

TEST_F(CallRetry, ABreakerThatOpensDuringTheWaitLeavesTheLastRealError) {  // R12
    const TestClient client(options);
    network->expect(Exchange::answer(503, ""));
    network->at(network->now() + 100ms, [&] { client.health()->breaker().isolate(); });
    const auto error = error_of<InternalServerError>([&] { client.stream("/x", "{}", reader); });
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::circuit_open);
    EXPECT_EQ(network->requests.size(), 1u);
}

TEST_F(CallRetry, NoWaitBeginsThatAThrottlingOutlasts) {  // B5
    options.health = std::make_shared<EndpointHealth>();
    const auto start = network->now();
    network->expect(Exchange()
                        .sent()
                        .also([&] { options.health->throttle(network->now(), 30s); })
                        .head(503)
                        .finish());
    const auto error = failing_call<InternalServerError>();
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::retry_after_too_long);
    EXPECT_EQ(network->now(), start);
}

TEST_F(CallRetry, ARetryIsMadeThatFallsOnTheEndOfAnOpenCircuitOrAThrottling) {  // R12, B5
    const Duration wait = 500ms;
    const auto expect_a_retry_after = [&](Exchange first) {
        network->expect(std::move(first)).expect(Exchange::answer(200, ".\n"));
        EXPECT_EQ(call().attempts.size(), 2u);
        EXPECT_EQ(waits().back(), wait);
    };
    const CircuitBreakerOptions breaker{.fail_max = 1, .reset_timeout = 500ms};
    options.health =
        std::make_shared<EndpointHealth>(breaker, RetryBudgetOptions{}, [] { return 0.0; });
    expect_a_retry_after(Exchange::answer(503, ""));
    options.health = std::make_shared<EndpointHealth>();
    expect_a_retry_after(Exchange()
                             .sent()
                             .also([&] { options.health->throttle(network->now(), wait); })
                             .head(503)
                             .finish());
}

TEST_F(CallRetry, AThrottlingThatBeginsDuringTheWaitLeavesTheLastRealError) {  // B5, R12
    options.health = std::make_shared<EndpointHealth>();
    network->expect(Exchange::answer(503, ""));
    network->at(network->now() + 100ms, [&] { options.health->throttle(network->now(), 30s); });
    const auto error = failing_call<InternalServerError>();
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::retry_after_too_long);
    EXPECT_EQ(network->requests.size(), 1u);
}

TEST_F(CallRetry, OnlyAWaitThatIsTooLongThrottlesTheEndpoint) {  // B5
    options.retry.max_retries = 0;
    for (const auto& [seconds, throttled] : {std::pair{"60", false}, std::pair{"61", true}}) {
        const TestClient client(options);
        network->expect(Exchange::answer(429, "", {{"Retry-After", seconds}}));
        EXPECT_THROW(client.stream("/x", "{}", reader), RateLimitError);
        EXPECT_EQ(client.health()->throttled_for(network->now()).has_value(), throttled);
    }
}

TEST_F(CallRetry, AKeyFunctionThatRunsOutOfKeysTakesTheOldOneBack) {  // R11
    options.require_api_key = false;
    options.api_key = [asked = 0]() mutable { return std::string(asked++ == 0 ? "sk-1" : ""); };
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(200, ".\n"));
    call();
    EXPECT_NE(find_header(network->requests[0].headers, "Authorization"), nullptr);
    EXPECT_EQ(find_header(network->requests[1].headers, "Authorization"), nullptr);
}

TEST_F(CallRetry, ALongRetryAfterOfAnUnavailableServerIsRememberedToo) {  // B5
    const TestClient client(options);
    network->expect(Exchange::answer(503, "", {{"Retry-After", "90"}}));
    EXPECT_THROW(client.stream("/x", "{}", reader), InternalServerError);
    EXPECT_EQ(error_of<RateLimitError>([&] { client.stream("/x", "{}", reader); }).retry_after(),
              90s);
    EXPECT_EQ(network->requests.size(), 1u);
}

TEST_F(CallRetry, ALongRetryAfterOfOneRequestIsNoneOfTheEndpoint) {  // B5
    const TestClient client(options);
    network->expect(Exchange::answer(409, "", {{"Retry-After", "90"}}));
    EXPECT_THROW(client.stream("/x", "{}", reader), ConflictError);
    EXPECT_FALSE(client.health()->throttled_for(network->now()));
}

TEST_F(CallRetry, ACallWithAnAlternativeDoesNotWaitLong) {  // F4
    options.retry = {.max_retries = 4, .backoff_factor = 2.0};
    network->expect(Exchange::answer(500, "")).expect(Exchange::answer(500, ""));
    const auto error = failing_call({.max_retry_wait = 2s});  // Waits would be 2 s and 4 s.
    ASSERT_EQ(error.attempts().size(), 2u);
    EXPECT_EQ(error.attempts()[0].wait, 2s);
    EXPECT_EQ(error.attempts()[1].end, AttemptEnd::wait_too_long);
}

TEST_F(CallRetry, ACallWithAnAlternativeWaitsForWhatNoOtherBackendDoesBetter) {  // F4, F2
    network->expect(Exchange::answer(409, "", {{"Retry-After", "5"}}))
        .expect(Exchange::answer(200, "a\n.\n"));
    const TestClient client(options);
    const auto call = client.stream("/x", "{}", reader, {.max_retry_wait = 2s});
    EXPECT_EQ(call.attempts.size(), 2u);
}

TEST_F(CallRetry, TheLongestWaitMayBeForEverButNotNegative) {  // F4
    network->expect(Exchange::answer(500, "")).expect(Exchange::answer(200, "a\n.\n"));
    const TestClient client(options);
    (void)client.stream("/x", "{}", reader, {.max_retry_wait = std::chrono::milliseconds::max()});
    EXPECT_EQ(network->requests.size(), 2u);
    EXPECT_THROW(client.stream("/x", "{}", reader, {.max_retry_wait = -1ms}), ConfigError);
}

TEST_F(CallRetry, ARetryAfterThatACallWithAnAlternativeDoesNotWaitForIsRemembered) {  // F4, B5
    const TestClient client(options);
    network->expect(Exchange::answer(429, "", {{"Retry-After", "10"}}));
    EXPECT_THROW(client.stream("/x", "{}", reader, {.max_retry_wait = 2s}), RateLimitError);
    EXPECT_EQ(client.health()->throttled_for(network->now()), 10s);
    const auto refusal = client.unavailable();
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, ErrorCode::rate_limit);
    EXPECT_EQ(refusal->retry_after, 10s);
    network->advance(10s);
    EXPECT_FALSE(client.unavailable());
}

TEST_F(CallRetry, AnOpenCircuitIsSaidWithoutACall) {  // F1
    options.retry.max_retries = 0;
    options.breaker.fail_max = 1;
    const TestClient client(options);
    EXPECT_FALSE(client.unavailable());
    network->expect(Exchange::refused());
    EXPECT_THROW(client.stream("/x", "{}", reader), ConnectionError);
    const auto refusal = client.unavailable();
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, ErrorCode::circuit_open);
    EXPECT_EQ(refusal->retry_after, client.health()->breaker().retry_in(network->now()));
}

TEST_F(CallRetry, ACallCanHaveRetriesOfItsOwn) {
    network->expect(Exchange::answer(503, ""));
    EXPECT_EQ(failing_call({.retry = RetryOptions{.max_retries = 0}}).attempts().size(), 1u);
}

}  // namespace
}  // namespace cloud_backend::test
