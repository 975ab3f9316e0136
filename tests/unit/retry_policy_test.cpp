#include "core/retry_policy.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <vector>

namespace cloud_backend::detail {
namespace {

using namespace std::chrono_literals;

const RetryOptions defaults{};

Duration wait_of(const RetryDecision& decision) {
    return std::get<WaitBeforeRetry>(decision).wait;
}
AttemptEnd reason_of(const RetryDecision& decision) {
    return std::get<GiveUp>(decision).reason;
}

FailedAttempt transient_failure() {
    return {.assessment = {.outcome = Outcome::failure, .transient = true, .retry = true}};
}

// --- SPEC 3: what a failed attempt means ---

TEST(AssessTransfer, FollowsTheTableOfTransportFailures) {
    struct Row {
        TransferFault fault;
        AttemptProgress progress;
        Outcome outcome;
        bool retry;
        RetryBudget::Cost cost = RetryBudget::Cost::retry;
    };
    const AttemptProgress unsent{}, sent{.sent = true}, begun{.sent = true, .response_begun = true};
    const std::vector<Row> table{
        {TransferFault::not_sent, unsent, Outcome::failure, true},
        {TransferFault::interrupted, unsent, Outcome::failure, true},
        {TransferFault::interrupted, sent, Outcome::failure, true,
         RetryBudget::Cost::ambiguous_retry},
        {TransferFault::interrupted, begun, Outcome::failure, true},
        {TransferFault::distrusted, unsent, Outcome::failure, false},
        {TransferFault::too_large, begun, Outcome::neutral, false},  // T8
        {TransferFault::local, unsent, Outcome::neutral, false},
    };
    for (const Row& row : table) {
        SCOPED_TRACE(static_cast<int>(row.fault));
        const auto assessment = assess_transfer(row.fault, row.progress, defaults);
        EXPECT_EQ(assessment.outcome, row.outcome);
        EXPECT_EQ(assessment.retry, row.retry);
        EXPECT_EQ(assessment.transient, row.retry);
        EXPECT_EQ(assessment.cost, row.cost);
    }
}

TEST(AssessTransfer, NeverSendsTwiceWhatMayHaveBeenProcessedWhenToldSo) {
    const RetryOptions careful{.retry_ambiguous = false};
    const AttemptProgress sent{.sent = true};
    const auto ambiguous = assess_transfer(TransferFault::interrupted, sent, careful);
    EXPECT_FALSE(ambiguous.retry);
    EXPECT_TRUE(ambiguous.transient);
    EXPECT_TRUE(assess_transfer(TransferFault::not_sent, {}, careful).retry);
}

TEST(AssessTimeout, RetriesAResponseTimeoutOnlyWhenToldSo) {
    for (const auto limit : {TimeLimit::first_byte, TimeLimit::idle, TimeLimit::content_idle}) {
        EXPECT_FALSE(assess_timeout(limit, defaults).retry);
        EXPECT_TRUE(assess_timeout(limit, {.retry_on_timeout = true}).retry);
        EXPECT_EQ(assess_timeout(limit, defaults).cost, RetryBudget::Cost::ambiguous_retry);
    }
    EXPECT_TRUE(assess_timeout(TimeLimit::connect, defaults).retry);
    EXPECT_EQ(assess_timeout(TimeLimit::connect, defaults).cost, RetryBudget::Cost::retry);
    EXPECT_FALSE(assess_timeout(TimeLimit::deadline, {.retry_on_timeout = true}).retry);
}

TEST(AssessTimeout, IsAPassingFailureWhateverTheLimit) {
    for (const auto limit : {TimeLimit::connect, TimeLimit::first_byte, TimeLimit::idle,
                             TimeLimit::content_idle, TimeLimit::deadline}) {
        EXPECT_EQ(assess_timeout(limit, defaults).outcome, Outcome::failure);
        EXPECT_TRUE(assess_timeout(limit, defaults).transient);
    }
}

TEST(AssessStatus, RetriesTheStatusesOfR1AndNoOthers) {  // R1
    for (int status = 300; status < 600; ++status) {
        SCOPED_TRACE(status);
        const bool listed = status == 408 || status == 409 || status == 429 || status == 500 ||
                            (status >= 502 && status <= 504) || (status >= 520 && status <= 524) ||
                            status == 529;
        EXPECT_EQ(assess_status(status, false, {}, defaults).retry, listed);
    }
    EXPECT_TRUE(assess_status(418, false, {}, {.statuses = {418}}).retry);
}

TEST(AssessStatus, TellsTheBreakerWhatSection3Says) {
    for (const int status : {408, 500, 501, 502, 503, 505, 529, 599}) {
        EXPECT_EQ(assess_status(status, false, {}, defaults).outcome, Outcome::failure) << status;
    }
    for (const int status : {301, 400, 401, 402, 403, 404, 409, 422, 451}) {
        EXPECT_EQ(assess_status(status, false, {}, defaults).outcome, Outcome::rejected) << status;
    }
    EXPECT_EQ(assess_status(429, false, {}, defaults).outcome, Outcome::throttled);
    EXPECT_EQ(assess_status(429, true, {}, defaults).outcome, Outcome::rejected);
}

TEST(AssessStatus, LetsTheServerOverrideTheList) {  // R2
    EXPECT_FALSE(assess_status(503, false, false, defaults).retry);
    EXPECT_TRUE(assess_status(400, false, true, defaults).retry);
}

TEST(AssessStatus, NeverRetriesAnExhaustedQuota) {  // R3 over R2
    EXPECT_FALSE(assess_status(429, true, true, defaults).retry);
    EXPECT_FALSE(assess_status(402, false, true, defaults).retry);
}

TEST(AssessStatus, CountsAnErrorThatNamesNoStatusAsAServerError) {
    const auto assessment = assess_status(0, false, {}, defaults);
    EXPECT_EQ(assessment.outcome, Outcome::failure);
    EXPECT_TRUE(assessment.retry);
}

TEST(AssessAnswer, ALocalLimitIsNeutral) {  // T8
    EXPECT_EQ(assess_answer(ErrorCode::limit_exceeded, false).outcome, Outcome::neutral);
    EXPECT_EQ(assess_answer(ErrorCode::response, false).outcome, Outcome::failure);
    EXPECT_FALSE(assess_answer(ErrorCode::response, false).retry);
    EXPECT_TRUE(assess_answer(ErrorCode::stream_truncated, true).retry);
}

// --- SPEC 4: whether and when ---

TEST(DecideRetry, NeverAfterSomethingWasDelivered) {  // R7
    auto failed = transient_failure();
    failed.delivered = true;
    EXPECT_EQ(reason_of(decide_retry(failed, defaults, [] { return 0.5; })),
              AttemptEnd::already_delivered);
}

TEST(DecideRetry, StopsAtMaxRetries) {  // R10
    auto failed = transient_failure();
    failed.retries_made = 2;
    EXPECT_NO_THROW(wait_of(decide_retry(failed, defaults, [] { return 0.5; })));
    failed.retries_made = 3;
    EXPECT_EQ(reason_of(decide_retry(failed, defaults, [] { return 0.5; })),
              AttemptEnd::retries_exhausted);
    failed.retries_made = 0;
    EXPECT_EQ(reason_of(decide_retry(failed, {.max_retries = 0}, [] { return 0.5; })),
              AttemptEnd::retries_exhausted);
}

TEST(DecideRetry, WaitsAsLongAsTheServerAskedAndUpToATenthMore) {  // R6
    auto failed = transient_failure();
    failed.retry_after = 20s;
    EXPECT_EQ(wait_of(decide_retry(failed, defaults, [] { return 0.0; })), 20s);
    EXPECT_EQ(wait_of(decide_retry(failed, defaults, [] { return 0.5; })), 21s);
    failed.retry_after = 0s;
    EXPECT_EQ(wait_of(decide_retry(failed, defaults, [] { return 0.5; })), 25ms);
}

TEST(DecideRetry, FailsAtOnceWhenTheServerAsksForTooLong) {  // R4
    auto failed = transient_failure();
    failed.retry_after = 60s;
    EXPECT_EQ(wait_of(decide_retry(failed, defaults, [] { return 0.0; })), 60s);
    failed.retry_after = 61s;
    EXPECT_EQ(reason_of(decide_retry(failed, defaults, [] { return 0.0; })),
              AttemptEnd::retry_after_too_long);
    failed.retry_after = Duration::max();
    EXPECT_EQ(reason_of(decide_retry(failed, defaults, [] { return 0.0; })),
              AttemptEnd::retry_after_too_long);
    failed.retry_after = 5s;
    failed.time_left = 5s;
    EXPECT_EQ(reason_of(decide_retry(failed, defaults, [] { return 0.0; })),
              AttemptEnd::retry_after_too_long);
}

TEST(DecideRetry, StartsNoWaitThatIsNotShorterThanWhatIsLeft) {  // R9
    auto failed = transient_failure();
    failed.time_left = 500ms;  // The first backoff, u = 0.5.
    EXPECT_EQ(reason_of(decide_retry(failed, defaults, [] { return 0.5; })), AttemptEnd::deadline);
    failed.time_left = 501ms;
    EXPECT_EQ(wait_of(decide_retry(failed, defaults, [] { return 0.5; })), 500ms);
}

TEST(Backoff, FollowsTheOriginalsScheduleUpToItsBound) {  // R5
    EXPECT_EQ(backoff(1, 0.5, defaults), 500ms);
    EXPECT_EQ(backoff(2, 0.5, defaults), 1s);
    EXPECT_EQ(backoff(3, 0.5, defaults), 2s);
    EXPECT_EQ(backoff(4, 0.5, defaults), 4s);
    EXPECT_EQ(backoff(5, 0.5, defaults), 4s);
    EXPECT_EQ(backoff(3, 0.0, defaults), 0s);
}

TEST(Backoff, OverflowsForNoN) {  // R5
    for (const int n : {62, 63, 64, 1023, 1024, 5000, std::numeric_limits<int>::max()}) {
        EXPECT_EQ(backoff(n, 0.5, defaults), 4s) << n;
        EXPECT_EQ(backoff(n, 0.5, {.backoff_factor = 0}), 0s) << n;
    }
}

}  // namespace
}  // namespace cloud_backend::detail
