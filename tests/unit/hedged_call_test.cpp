#include "routing/hedged_call.hpp"

#include "scripted_backend.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/hedging.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>

// Who is asked, who has the call, and what is reported, without threads.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;
using detail::FirstEventTimes;
using detail::HedgedCall;
using detail::Side;

ErrorDetails failure(std::string message, ErrorCode code = ErrorCode::internal_server) {
    return {.code = code, .message = std::move(message), .attempts = {{.status = 500}}};
}

ChatCompletion answer_with_attempt(std::string text) {
    ChatCompletion answer = completion_of(std::move(text));
    answer.metadata.attempts = {{.status = 200}};
    return answer;
}

std::shared_ptr<ScriptedBackend> backend() {
    return std::make_shared<ScriptedBackend>(
        [](const ChunkCallback&) -> ChatCompletion { throw std::logic_error("it was asked"); });
}

class Hedged : public ::testing::Test {
protected:
    static constexpr auto usual = 100ms;

    TimePoint now{1h};
    std::shared_ptr<ScriptedBackend> a = backend();
    std::shared_ptr<ScriptedBackend> b = backend();
    std::array<FallbackBackend, 2> backends{
        {{.name = "a", .backend = a}, {.name = "b", .backend = b, .model = "other"}}};
    HedgingOptions options{.now = [this] { return now; }};
    FirstEventTimes times{};
    RetryBudget budget{};
    ChatRequest request{.model = "m"};
    CallOptions call_options{};

    Hedged() { fill(FirstEventTimes::fewest); }

    void fill(std::size_t samples) {
        for (std::size_t i = 0; i < samples; ++i) times.add(usual);
    }
    HedgedCall call() {
        return HedgedCall({backends, options, times, budget, request, call_options});
    }
    /// One in which both are at work.
    HedgedCall hedged_call() {
        HedgedCall both = call();
        EXPECT_EQ(both.begin()->side, Side::primary);
        now += usual;
        EXPECT_EQ(both.hedge()->side, Side::secondary);
        return both;
    }
    static ErrorDetails error_of(HedgedCall& call) {
        EXPECT_TRUE(call.is_done());
        try {
            (void)call.result();
        } catch (const Error& error) {
            return error.details();
        }
        ADD_FAILURE() << "it threw no Error";
        return {};
    }
};

// --- when a second one is asked -----------------------------------------------------------------

TEST_F(Hedged, ThePrimaryIsAskedFirst) {
    HedgedCall one = call();
    const auto ask = one.begin();
    ASSERT_TRUE(ask);
    EXPECT_EQ(ask->side, Side::primary);
    EXPECT_EQ(ask->what.backend, a);
    EXPECT_EQ(ask->what.request->model, "m");
    EXPECT_FALSE(one.is_done());
}

TEST_F(Hedged, NineteenSamplesAreTooFewToHedgeBy) {
    FirstEventTimes few;
    for (int i = 0; i < 19; ++i) few.add(usual);
    HedgedCall one({backends, options, few, budget, request, call_options});
    (void)one.begin();
    EXPECT_EQ(one.hedge_in(), std::nullopt);
    few.add(usual);
    EXPECT_EQ(one.hedge_in(), usual);
}

TEST_F(Hedged, TheSecondIsDueExactlyWhenNineteenInTwentyWereAnswered) {
    FirstEventTimes spread;
    for (int i = 20; i > 0; --i) spread.add(i * 1ms);
    HedgedCall one({backends, options, spread, budget, request, call_options});
    (void)one.begin();
    EXPECT_EQ(one.hedge_in(), 19ms);
    now += 12ms;
    EXPECT_EQ(one.hedge_in(), 7ms);
    now += 12ms;
    EXPECT_EQ(one.hedge_in(), 0ms);
}

TEST(FirstEventTimes, KnowOnlyTheLastHundred) {
    FirstEventTimes times;
    for (int i = 0; i < 100; ++i) times.add(1s);
    for (int i = 0; i < 95; ++i) times.add(1ms);
    EXPECT_EQ(times.p95(), 1ms);
    for (int i = 0; i < 6; ++i) times.add(2s);  // The last second goes, then milliseconds.
    EXPECT_EQ(times.p95(), 2s);
}

TEST_F(Hedged, TheSecondIsAskedForItsOwnModelInTheTimeThatIsLeft) {  // F1, F4
    call_options.deadline = 1s;
    call_options.idempotency_key = "key";
    HedgedCall one = call();
    EXPECT_EQ(one.begin()->what.options.deadline, 1s);
    now += usual;
    const auto second = one.hedge();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->side, Side::secondary);
    EXPECT_EQ(second->what.backend, b);
    EXPECT_EQ(second->what.request->model, "other");
    EXPECT_EQ(second->what.options.deadline, 900ms);
    EXPECT_EQ(second->what.options.idempotency_key, "key");
    const Hedge told = one.description();
    EXPECT_EQ(told.primary, "a");
    EXPECT_EQ(told.waited, usual);
    EXPECT_EQ(told.secondary, "b");
    EXPECT_EQ(told.model, "other");
}

TEST_F(Hedged, ThereIsOneHedgeAtMost) {
    HedgedCall both = hedged_call();
    EXPECT_EQ(both.hedge_in(), std::nullopt);
    EXPECT_FALSE(both.hedge());
}

TEST_F(Hedged, AnUnavailableSecondaryIsNotAskedAndCostsNothing) {
    b->refusal = failure("open");
    HedgedCall one = call();
    (void)one.begin();
    EXPECT_FALSE(one.hedge());
    EXPECT_EQ(budget.tokens(), 10);
}

TEST_F(Hedged, WithoutATokenThereIsNoHedge) {  // R8
    RetryBudget empty({.capacity = 0.9});
    HedgedCall one({backends, options, times, empty, request, call_options});
    (void)one.begin();
    EXPECT_EQ(one.hedge_in(), usual);
    EXPECT_FALSE(one.hedge());
    one.answered(Side::primary, completion_of("one"));  // It goes on alone,
    EXPECT_EQ(one.result().content(), "one");
    EXPECT_EQ(empty.tokens(), 0.9);  // and gives back what there is room for.
}

TEST_F(Hedged, AHedgeCostsATokenAndACallWithoutOneGivesAPartBack) {  // R8
    HedgedCall both = hedged_call();
    EXPECT_EQ(budget.tokens(), 9);
    both.answered(Side::primary, completion_of("one"));
    EXPECT_EQ(budget.tokens(), 9);
    HedgedCall one = call();
    (void)one.begin();
    one.answered(Side::primary, completion_of("one"));
    EXPECT_DOUBLE_EQ(budget.tokens(), 9.3);
    HedgedCall failing = call();
    (void)failing.begin();
    failing.failed(Side::primary, failure("down"));
    EXPECT_DOUBLE_EQ(budget.tokens(), 9.3);
}

TEST_F(Hedged, NobodyIsAskedBesideAPrimaryThatHasGivenSomethingOrEnded) {
    HedgedCall streaming = call();
    (void)streaming.begin();
    EXPECT_TRUE(streaming.gave(Side::primary));
    EXPECT_EQ(streaming.hedge_in(), std::nullopt);
    EXPECT_FALSE(streaming.hedge());
    HedgedCall over = call();
    (void)over.begin();
    over.answered(Side::primary, completion_of("one"));
    EXPECT_EQ(over.hedge_in(), std::nullopt);
    EXPECT_FALSE(over.hedge());
    EXPECT_EQ(budget.tokens(), 10);
}

TEST_F(Hedged, AfterACancelOrTheDeadlineThereIsNoHedge) {
    std::stop_source stop;
    call_options = {.stop = stop.get_token(), .deadline = 1s};
    HedgedCall cancelled = call();
    HedgedCall late = call();
    (void)cancelled.begin();
    (void)late.begin();
    now += 1s;
    EXPECT_FALSE(late.hedge());
    now -= 1s;
    stop.request_stop();
    EXPECT_FALSE(cancelled.hedge());
    EXPECT_EQ(budget.tokens(), 10);
}

// --- who has the call ---------------------------------------------------------------------------

TEST_F(Hedged, TheFirstToGiveSomethingHasTheCallAndTheOtherIsCancelledOnce) {
    for (const Side winner : {Side::primary, Side::secondary}) {
        HedgedCall both = hedged_call();
        EXPECT_EQ(both.to_cancel(), std::nullopt);
        EXPECT_TRUE(both.gave(winner));
        EXPECT_EQ(both.to_cancel(), detail::other(winner));
        EXPECT_FALSE(both.gave(detail::other(winner)));  // It goes nowhere.
        EXPECT_TRUE(both.gave(winner));
        EXPECT_EQ(both.to_cancel(), std::nullopt);
        EXPECT_FALSE(both.is_done());
        both.answered(winner, completion_of("won"));
        EXPECT_EQ(both.result().content(), "won");
    }
}

TEST_F(Hedged, OfTwoAnswersTheFirstIsTheCalls) {
    HedgedCall both = hedged_call();
    both.answered(Side::secondary, completion_of("two"));
    EXPECT_EQ(both.to_cancel(), Side::primary);
    both.answered(Side::primary, completion_of("one"));
    EXPECT_EQ(both.result().content(), "two");
}

TEST_F(Hedged, WhatTheLoserEndsWithChangesNothing) {
    const std::function<void(HedgedCall&)> ends[] = {
        [](HedgedCall& call) { call.failed(Side::primary, failure("late")); },
        [](HedgedCall& call) {
            call.failed(Side::primary, failure("cancelled", ErrorCode::cancelled));
        },
        [](HedgedCall& call) { call.answered(Side::primary, completion_of("one")); }};
    for (const auto& end : ends) {
        HedgedCall both = hedged_call();
        EXPECT_TRUE(both.gave(Side::secondary));
        end(both);
        EXPECT_FALSE(both.is_done());
        EXPECT_TRUE(both.gave(Side::secondary));
        both.answered(Side::secondary, completion_of("two"));
        end(both);
        EXPECT_EQ(both.result().content(), "two");
    }
}

TEST_F(Hedged, OnceItIsDoneWhatItWasPlannedWithMayGo) {
    std::optional<HedgedCall> both;
    {
        const std::array<FallbackBackend, 2> passing = backends;
        RetryBudget tokens;
        FirstEventTimes durations;
        both.emplace(detail::HedgePlan{passing, options, durations, tokens, request, call_options});
        (void)both->begin();
        both->answered(Side::primary, completion_of("one"));
    }
    EXPECT_EQ(both->hedge_in(), std::nullopt);
    EXPECT_FALSE(both->hedge());
    EXPECT_FALSE(both->gave(Side::secondary));
    both->answered(Side::secondary, completion_of("two"));
    both->failed(Side::secondary, failure("late"));
    EXPECT_EQ(both->result().content(), "one");
}

// --- failures -----------------------------------------------------------------------------------

TEST_F(Hedged, APrimaryThatFailsAloneFailsTheCall) {  // The next one is the router's to ask.
    HedgedCall one = call();
    (void)one.begin();
    one.failed(Side::primary, failure("down"));
    const ErrorDetails error = error_of(one);
    EXPECT_EQ(error.message, "down");
    EXPECT_TRUE(error.failures.empty());
    EXPECT_FALSE(one.hedge());
}

TEST_F(Hedged, WhereOneFailsTheCallIsTheOthers) {
    for (const Side failing : {Side::primary, Side::secondary}) {
        HedgedCall both = hedged_call();
        both.failed(failing, failure("down"));
        EXPECT_FALSE(both.is_done());
        EXPECT_EQ(both.to_cancel(), std::nullopt);
        both.answered(detail::other(failing), answer_with_attempt("fine"));
        const ChatCompletion answer = both.result();
        EXPECT_EQ(answer.content(), "fine");
        ASSERT_EQ(answer.metadata.failures.size(), 1u);
        EXPECT_EQ(answer.metadata.failures[0].error->message, "down");
        ASSERT_EQ(answer.metadata.attempts.size(), 2u);  // Who was asked first stands first.
        EXPECT_EQ(answer.metadata.attempts[0].status, failing == Side::primary ? 500 : 200);
    }
}

TEST_F(Hedged, WhereBothFailThePrimarysErrorIsThrown) {
    for (const Side first : {Side::primary, Side::secondary}) {
        HedgedCall both = hedged_call();
        const auto fail = [&](Side side) {
            both.failed(side, failure(side == Side::primary ? "a fell" : "b fell"));
        };
        fail(first);
        EXPECT_FALSE(both.is_done());
        fail(detail::other(first));
        const ErrorDetails error = error_of(both);
        EXPECT_EQ(error.message, "a fell");
        ASSERT_EQ(error.failures.size(), 1u);
        EXPECT_EQ(error.failures[0].backend, "b");
        EXPECT_EQ(error.failures[0].model, "other");
        EXPECT_EQ(error.failures[0].error->message, "b fell");
        EXPECT_EQ(error.attempts.size(), 2u);
    }
}

TEST_F(Hedged, AfterTheFirstChunkTheFailureOfTheWinnerIsTheCalls) {  // F3
    HedgedCall both = hedged_call();
    EXPECT_TRUE(both.gave(Side::secondary));
    ErrorDetails cut = failure("cut");
    cut.partial = std::make_shared<const ChatCompletion>(completion_of("tw"));
    both.failed(Side::secondary, cut);
    const ErrorDetails error = error_of(both);
    EXPECT_EQ(error.message, "cut");
    ASSERT_NE(error.partial, nullptr);
    EXPECT_EQ(error.partial->content(), "tw");
    ASSERT_EQ(error.failures.size(), 1u);
    EXPECT_EQ(error.failures[0].backend, "a");
    EXPECT_EQ(error.failures[0].error->code, ErrorCode::cancelled);
}

TEST_F(Hedged, ACancelEndsTheCallAndTheOther) {  // F2
    HedgedCall both = hedged_call();
    both.failed(Side::secondary, failure("cancelled", ErrorCode::cancelled));
    EXPECT_EQ(both.to_cancel(), Side::primary);
    const ErrorDetails error = error_of(both);
    EXPECT_EQ(error.code, ErrorCode::cancelled);
    EXPECT_TRUE(error.failures.empty());
}

TEST_F(Hedged, WhatTheCallbackThrowsIsWhatTheCallThrows) {  // T7
    HedgedCall both = hedged_call();
    EXPECT_TRUE(both.gave(Side::secondary));
    both.threw(std::make_exception_ptr(std::out_of_range("mine")));
    ASSERT_TRUE(both.is_done());
    EXPECT_FALSE(both.gave(Side::secondary));
    EXPECT_THROW((void)both.result(), std::out_of_range);
}

// --- who cannot be asked ------------------------------------------------------------------------

TEST_F(Hedged, AnUnavailablePrimaryIsSkipped) {  // F1
    a->refusal = failure("open");
    HedgedCall one = call();
    EXPECT_EQ(one.begin()->side, Side::secondary);
    EXPECT_EQ(one.hedge_in(), std::nullopt);
    EXPECT_FALSE(one.hedge());
    one.answered(Side::secondary, completion_of("two"));
    const ChatCompletion answer = one.result();
    EXPECT_EQ(answer.metadata.backend, "b");
    ASSERT_EQ(answer.metadata.failures.size(), 1u);
    EXPECT_EQ(answer.metadata.failures[0].error->message, "open");
}

TEST_F(Hedged, AnUnavailablePrimaryIsTheReasonBesideTheSecondarysError) {
    a->refusal = failure("open");
    HedgedCall one = call();
    (void)one.begin();
    one.failed(Side::secondary, failure("down"));
    const ErrorDetails error = error_of(one);
    EXPECT_EQ(error.message, "down");
    ASSERT_EQ(error.failures.size(), 1u);
    EXPECT_EQ(error.failures[0].error->message, "open");
}

TEST_F(Hedged, WhereNoneIsAvailableBothReasonsAreGiven) {  // F5
    a->refusal = ErrorDetails{.code = ErrorCode::circuit_open, .retry_after = 9s};
    b->refusal = ErrorDetails{.code = ErrorCode::circuit_open, .retry_after = 3s};
    HedgedCall none = call();
    EXPECT_FALSE(none.begin());
    const ErrorDetails error = error_of(none);
    EXPECT_EQ(error.code, ErrorCode::all_backends_failed);
    EXPECT_EQ(error.failures.size(), 2u);
    EXPECT_EQ(error.retry_after, 3s);
}

TEST_F(Hedged, WhatIsOverBeforeItBeginsAsksNobody) {
    std::stop_source stop;
    stop.request_stop();
    call_options.stop = stop.get_token();
    HedgedCall cancelled = call();
    EXPECT_FALSE(cancelled.begin());
    EXPECT_EQ(error_of(cancelled).code, ErrorCode::cancelled);
    call_options = {.deadline = 0ms};
    HedgedCall late = call();
    EXPECT_FALSE(late.begin());
    EXPECT_EQ(error_of(late).code, ErrorCode::timeout);
}

// --- what is usual ------------------------------------------------------------------------------

class HedgedSamples : public Hedged {
protected:
    HedgedSamples() { fill(FirstEventTimes::most); }
    /// Six of a hundred are more than the slowest twentieth; five are not.
    void expect_sample(Duration time, const std::function<void()>& call) {
        for (int i = 0; i < 5; ++i) call();
        EXPECT_EQ(times.p95(), usual);
        call();
        EXPECT_EQ(times.p95(), time);
    }
};

TEST_F(HedgedSamples, ThePrimarysTimeToItsFirstEventIsOne) {
    expect_sample(5s, [this] {
        HedgedCall one = call();
        (void)one.begin();
        now += 5s;
        EXPECT_TRUE(one.gave(Side::primary));
        now += 1h;
        one.answered(Side::primary, completion_of("one"));
    });
}

TEST_F(HedgedSamples, SoIsTheTimeAfterWhichItWasCancelled) {
    expect_sample(usual + 5s, [this] {
        HedgedCall both = hedged_call();
        now += 5s;
        both.answered(Side::secondary, completion_of("two"));
        now += 1h;
        both.failed(Side::primary, failure("cancelled", ErrorCode::cancelled));
    });
}

TEST_F(HedgedSamples, FailuresGiveNone) {
    for (int i = 0; i < 50; ++i) {
        HedgedCall one = call();
        (void)one.begin();
        now += 5s;
        one.failed(Side::primary, failure("down"));
    }
    for (int i = 0; i < 8; ++i) {
        HedgedCall both = hedged_call();
        now += 5s;
        both.failed(Side::primary, failure("down"));
        both.answered(Side::secondary, completion_of("two"));
    }
    a->refusal = failure("open");
    for (int i = 0; i < 50; ++i) {
        HedgedCall one = call();
        (void)one.begin();
        now += 5s;
        one.answered(Side::secondary, completion_of("two"));
    }
    EXPECT_EQ(times.p95(), usual);
}

// --- what is reported ---------------------------------------------------------------------------

TEST_F(Hedged, ACallWithoutAHedgeLooksLikeOneOfThePrimary) {  // F6
    HedgedCall one = call();
    (void)one.begin();
    now += 5ms;
    one.answered(Side::primary, answer_with_attempt("one"));
    const CallMetadata metadata = one.result().metadata;
    EXPECT_EQ(metadata.backend, "a");
    EXPECT_EQ(metadata.model, "m");
    EXPECT_EQ(metadata.total_time, 5ms);
    EXPECT_EQ(metadata.attempts.size(), 1u);
    EXPECT_TRUE(metadata.failures.empty());
}

TEST_F(Hedged, TheWinnerAndTheLoserAreInTheMetadata) {  // F6
    HedgedCall both = hedged_call();
    ChatCompletion answer = answer_with_attempt("two");
    answer.metadata.time_to_first_byte = 1ms;
    answer.metadata.time_to_first_chunk = 2ms;
    now += 3ms;
    both.answered(Side::secondary, std::move(answer));
    const CallMetadata metadata = both.result().metadata;
    EXPECT_EQ(metadata.backend, "b");
    EXPECT_EQ(metadata.model, "other");
    EXPECT_EQ(metadata.time_to_first_byte, usual + 1ms);  // Of the call, not of the second ask.
    EXPECT_EQ(metadata.time_to_first_chunk, usual + 2ms);
    EXPECT_EQ(metadata.total_time, usual + 3ms);
    ASSERT_EQ(metadata.failures.size(), 1u);
    EXPECT_EQ(metadata.failures[0].backend, "a");
    EXPECT_EQ(metadata.failures[0].model, "m");
    EXPECT_EQ(metadata.failures[0].error->code, ErrorCode::cancelled);
    EXPECT_EQ(metadata.failures[0].error->message,
              "it was cancelled: the other backend was quicker");
    EXPECT_EQ(metadata.attempts.size(), 1u);  // Those of the loser are not known yet.
}

TEST_F(Hedged, ALoserThatEndedInTimeHasItsAttemptsInTheMetadata) {
    HedgedCall both = hedged_call();
    EXPECT_TRUE(both.gave(Side::secondary));
    ErrorDetails cancelled = failure("cancelled", ErrorCode::cancelled);
    cancelled.partial = std::make_shared<const ChatCompletion>();
    both.failed(Side::primary, cancelled);
    both.answered(Side::secondary, answer_with_attempt("two"));
    const CallMetadata metadata = both.result().metadata;
    ASSERT_EQ(metadata.attempts.size(), 2u);
    EXPECT_EQ(metadata.attempts[0].status, 500);
    ASSERT_EQ(metadata.failures.size(), 1u);
    EXPECT_EQ(metadata.failures[0].error->message,
              "it was cancelled: the other backend was quicker");
    EXPECT_EQ(metadata.failures[0].error->partial, nullptr);  // Nothing of it was delivered.
}

TEST_F(Hedged, ALoserThatFailedByItselfIsReportedWithItsOwnError) {
    HedgedCall both = hedged_call();
    EXPECT_TRUE(both.gave(Side::secondary));
    both.failed(Side::primary, failure("down"));
    both.answered(Side::secondary, completion_of("two"));
    EXPECT_EQ(both.result().metadata.failures.at(0).error->message, "down");
}

TEST_F(Hedged, AnAnswerThatCameTooLateIsReportedAsOneThatWasCancelled) {
    HedgedCall both = hedged_call();
    EXPECT_TRUE(both.gave(Side::primary));
    both.answered(Side::secondary, answer_with_attempt("two"));
    both.answered(Side::primary, answer_with_attempt("one"));
    const CallMetadata metadata = both.result().metadata;
    EXPECT_EQ(metadata.backend, "a");
    EXPECT_EQ(metadata.attempts.size(), 2u);
    ASSERT_EQ(metadata.failures.size(), 1u);
    EXPECT_EQ(metadata.failures[0].backend, "b");
    EXPECT_EQ(metadata.failures[0].error->code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace cloud_backend::test
