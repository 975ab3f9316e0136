#include "../support/call_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

// SPEC T5: the time limits of a call, by the virtual clock.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

class CallTimeout : public ::testing::Test {
protected:
    std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();
    ClientOptions options = [this] {
        auto fake = fake_options(network);
        fake.retry.max_retries = 0;
        return fake;
    }();
    LineReader reader{};
    TimePoint start = network->now();

    void expect_timeout(TimeLimit limit, Duration after, const CallOptions& call_options = {}) {
        const auto error = error_of<TimeoutError>(
            [&] { TestClient(options).stream("/x", "{}", reader, call_options); });
        EXPECT_EQ(error.limit(), limit);
        EXPECT_EQ(network->now() - start, after);
        EXPECT_EQ(network->aborted, 1u);
    }
};

TEST_F(CallTimeout, Connect) {
    network->expect(Exchange());
    expect_timeout(TimeLimit::connect, 10s);
}

TEST_F(CallTimeout, FirstByte) {
    network->expect(Exchange().after(4s).sent());
    expect_timeout(TimeLimit::first_byte, 64s);
}

TEST_F(CallTimeout, IdleBeforeTheBody) {
    network->expect(Exchange().sent().after(7s).header_bytes());
    expect_timeout(TimeLimit::idle, 67s);
}

TEST_F(CallTimeout, IdleMidStream) {
    network->expect(Exchange().sent().head(200).after(50s).body("a\n").after(50s).body("b\n"));
    expect_timeout(TimeLimit::idle, 160s);
    EXPECT_EQ(reader.lines.size(), 2u);
}

TEST_F(CallTimeout, ContentIdleIsNotResetBySignsOfLife) {
    options.timeouts.content_idle = 30s;
    auto exchange = Exchange().sent().head(200).body("a\n");
    for (int i = 0; i < 10; ++i) exchange.after(5s).body("#\n");
    network->expect(exchange);
    expect_timeout(TimeLimit::content_idle, 30s);
}

TEST_F(CallTimeout, TheDeadlineSpansAttemptsAndWaits) {
    options.retry.max_retries = 3;
    network->expect(Exchange().sent().after(2s).head(503).finish());
    network->expect(Exchange().sent());
    expect_timeout(TimeLimit::deadline, 10s, {.deadline = 10s});
    EXPECT_EQ(network->started_at[1] - start, 2500ms);
}

TEST_F(CallTimeout, ADeadlineThatHasPassedSendsNothing) {
    const auto error = error_of<TimeoutError>(
        [&] { TestClient(options).stream("/x", "{}", reader, {.deadline = 0ms}); });
    EXPECT_EQ(error.limit(), TimeLimit::deadline);
    EXPECT_TRUE(network->requests.empty());
}

TEST_F(CallTimeout, LimitsCanBeSetPerCall) {
    network->expect(Exchange().sent());
    expect_timeout(TimeLimit::first_byte, 3s, {.timeouts = TimeoutOptions{.first_byte = 3s}});
}

TEST_F(CallTimeout, AllLimitsStandStillWhileUserCodeRuns) {
    LineReader slow([&](const std::string&) { network->advance(5min); });
    network->expect(
        Exchange().sent().head(200).body("a\n").after(59s).body("b\n").after(59s).body(".\n"));
    EXPECT_NO_THROW(TestClient(options).stream("/x", "{}", slow, {.deadline = 2min}));
    EXPECT_EQ(slow.lines.size(), 2u);
}

TEST_F(CallTimeout, AConnectTimeoutIsRetriedAResponseTimeoutIsNot) {
    options.retry.max_retries = 3;
    network->expect(Exchange()).expect(Exchange().sent());
    const auto error =
        error_of<TimeoutError>([&] { TestClient(options).stream("/x", "{}", reader); });
    EXPECT_EQ(error.limit(), TimeLimit::first_byte);
    EXPECT_TRUE(error.sent());
    EXPECT_EQ(error.attempts().size(), 2u);
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::not_retryable);
}

TEST_F(CallTimeout, AResponseTimeoutIsRetriedWhenToldSo) {
    options.retry = {.retry_on_timeout = true};
    network->expect(Exchange().sent()).expect(Exchange::answer(200, ".\n"));
    EXPECT_EQ(TestClient(options).stream("/x", "{}", reader).attempts.size(), 2u);
}

TEST_F(CallTimeout, AnAnswerThatMissesOnlyItsEndIsComplete) {  // T4
    network->expect(Exchange().sent().head(200).body("a\n."));
    EXPECT_NO_THROW(TestClient(options).stream("/x", "{}", reader));
}

TEST_F(CallTimeout, ASilentErrorBodyStillTellsItsStatus) {
    network->expect(Exchange().sent().head(404).body("not he"));
    EXPECT_EQ(
        error_of<NotFoundError>([&] { TestClient(options).stream("/x", "{}", reader); }).status(),
        404);
}

TEST_F(CallTimeout, LimitsOfForEverNeverPass) {
    constexpr auto for_ever = std::chrono::milliseconds::max();
    network->expect(Exchange().after(1h).sent().after(5h).head(200).after(9h).body(".\n").finish());
    const CallOptions patient{.deadline = for_ever,
                              .timeouts = TimeoutOptions{for_ever, for_ever, for_ever, for_ever}};
    EXPECT_NO_THROW(TestClient(options).stream("/x", "{}", reader, patient));
}

TEST_F(CallTimeout, ADeadlineBelowZeroHasPassed) {
    EXPECT_EQ(error_of<TimeoutError>([&] {
                  TestClient(options).stream("/x", "{}", reader,
                                             {.deadline = std::chrono::milliseconds::min()});
              }).limit(),
              TimeLimit::deadline);
}

TEST_F(CallTimeout, NegativeLimitsOfACallAreRefused) {
    EXPECT_THROW(
        TestClient(options).stream("/x", "{}", reader, {.timeouts = TimeoutOptions{.idle = -1ms}}),
        ConfigError);
    EXPECT_TRUE(network->requests.empty());
}

TEST_F(CallTimeout, EachPieceOfAHeadIsASignOfLife) {  // "silence between bytes"
    network->expect(Exchange()
                        .sent()
                        .after(50s)
                        .header_bytes()  // A 1xx, or a header that comes drop by drop.
                        .after(50s)
                        .header_bytes()
                        .after(50s)
                        .head(200)
                        .body(".\n")
                        .finish());
    const auto metadata = TestClient(options).stream("/x", "{}", reader);
    EXPECT_EQ(metadata.time_to_first_byte, 50s);
}

TEST_F(CallTimeout, TheDeadlineOfTheClientHoldsForEachCall) {
    options.deadline = 7s;
    network->expect(Exchange().sent());
    expect_timeout(TimeLimit::deadline, 7s);
}

TEST_F(CallTimeout, TheDeadlineStandsStillWhileHooksAndKeyFunctionsRun) {
    options.retry.max_retries = 1;
    options.api_key = [&] {
        network->advance(1h);
        return std::string("sk-1");
    };
    options.hooks.on_attempt_finished = [&](const CallInfo&, const AttemptInfo&) {
        network->advance(1h);
    };
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(200, ".\n"));
    EXPECT_NO_THROW(TestClient(options).stream("/x", "{}", reader, {.deadline = 10s}));
}

TEST_F(CallTimeout, TheTimeToTheFirstChunkIsNotThatOfTheCallback) {  // C5
    LineReader slow([&](const std::string&) { network->advance(5min); });
    network->expect(Exchange().sent().after(3s).head(200).body("a\n.\n").finish());
    EXPECT_EQ(TestClient(options).stream("/x", "{}", slow).time_to_first_chunk, 3s);
}

TEST_F(CallTimeout, ADeadlineThatPassesInAWaitLeavesTheLastRealError) {  // R9, R12
    options.retry.max_retries = 1;
    options.deadline = 1s;
    network->expect(Exchange::answer(503, ""));
    network->at(start + 200ms, [this] { network->advance(2s); });  // The wait is half a second.
    const auto error =
        error_of<InternalServerError>([&] { TestClient(options).stream("/x", "{}", reader); });
    EXPECT_EQ(error.attempts().size(), 1u);
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::deadline);
}

}  // namespace
}  // namespace cloud_backend::test
