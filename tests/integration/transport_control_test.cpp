#include "transport_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <new>
#include <string>
#include <thread>
#include <vector>

// Giving transfers up, several on one loop, waiting and waking. SPEC T1, T7.
namespace cloud_backend::test {
namespace {

// --- pausing ------------------------------------------------------------------------------------

class PausedTransfer : public TransportTest {
protected:
    PausedTransfer() {
        events.inside_body = [this] {
            ++pieces;
            return Flow::pause;
        };
    }
    TransferLoop::TransferId start_paused() {
        server_.enqueue(Answer::chunked(std::vector<std::string>(chunks, chunk)));
        const auto id = loop_->start(request_, events);
        EXPECT_TRUE(run_until(*loop_, [&] { return pieces == 1; }));
        return id;
    }

    static constexpr std::size_t chunks = 2'000;
    const std::string chunk = std::string(1'000, 'c');
    Recorder events{};
    std::size_t pieces = 0;
};

TEST_F(PausedTransfer, GetsNothingUntilItIsResumed) {
    const auto id = start_paused();
    run_for(*loop_, 50ms);
    EXPECT_EQ(pieces, 1U);
    loop_->resume(id);
    EXPECT_EQ(pieces, 1U);
    ASSERT_TRUE(run_until(*loop_, [&] { return pieces == 2; }));
    run_for(*loop_, 50ms);
    EXPECT_EQ(pieces, 2U);
}

TEST_F(PausedTransfer, GetsAllInTheEnd) {
    const auto id = start_paused();
    ASSERT_TRUE(run_until(*loop_, [&] {
        loop_->resume(id);
        return events.finished();
    }));
    EXPECT_TRUE(events.succeeded());
    EXPECT_GT(pieces, 10U);
    EXPECT_EQ(events.body.size(), chunks * chunk.size());
    EXPECT_EQ(exchange(*loop_, request_).connection, ConnectionUse::reused);
}

TEST_F(PausedTransfer, CanBeGivenUp) {
    loop_->abort(start_paused());
    run_for(*loop_, 50ms);
    EXPECT_EQ(pieces, 1U);
    EXPECT_TRUE(server_.wait_until([&] { return server_.open_connections() == 0; }));
}

TEST_F(PausedTransfer, CanBeGivenUpWhenItIsResumed) {
    for (const Flow flow : {Flow::stop, Flow::pause}) {
        pieces = 0;
        TransferLoop::TransferId id{};
        events.inside_body = [&] {
            if (++pieces == 1) return Flow::pause;
            if (flow != Flow::stop) loop_->abort(id);
            return flow;
        };
        id = start_paused();
        loop_->resume(id);
        run_for(*loop_, 50ms);
        EXPECT_EQ(pieces, 2U);
        EXPECT_FALSE(events.finished());
        EXPECT_TRUE(server_.wait_until([&] { return server_.open_connections() == 0; }));
    }
}

// --- giving up ----------------------------------------------------------------------------------

TEST_F(TransportTest, StopFromTheBodyEndsTheTransferWithoutFinish) {
    server_.enqueue(Answer::stream({"one", "two", "three"}).pause_between(20ms).then_stall());
    Recorder events;
    events.inside_body = [] { return Flow::stop; };
    loop_->start(request_, events);
    ASSERT_TRUE(run_until(*loop_, [&] { return events.has("body"); }));
    run_for(*loop_, 100ms);
    EXPECT_EQ(events.body, "data: one\n\n");
    EXPECT_FALSE(events.finished());
    // The connection was given up.
    EXPECT_TRUE(server_.wait_until([&] { return server_.open_connections() == 0; }));
}

TEST_F(TransportTest, StopFromTheHeadEndsTheTransferWithoutBody) {
    for (const Answer& answer :
         {Answer::json(200, "{}"), Answer::bytes("HTTP/1.1 200 OK\r\n").then_close()}) {
        server_.enqueue(answer);
        Recorder events;
        events.inside_head = [] { return Flow::stop; };
        loop_->start(request_, events);
        ASSERT_TRUE(run_until(*loop_, [&] { return events.has("head"); }));
        run_for(*loop_, 50ms);
        EXPECT_EQ(events.names, (Names{"sent", "header", "head"}));
    }
}

TEST_F(TransportTest, AbortBetweenEventsSilencesATransfer) {
    server_.enqueue(Answer::stream({"one", "two"}).pause_between(20ms));
    Recorder events;
    const auto id = loop_->start(request_, events);
    ASSERT_TRUE(run_until(*loop_, [&] { return events.has("head"); }));
    const Names before = events.names;
    loop_->abort(id);
    loop_->abort(id);  // It is over: ignored.
    run_for(*loop_, 100ms);
    EXPECT_EQ(events.names, before);
}

TEST_F(TransportTest, AbortBeforeTheFirstRun) {
    Recorder events;
    loop_->abort(loop_->start(request_, events));
    run_for(*loop_, 50ms);
    EXPECT_EQ(events.names, Names{});
    EXPECT_EQ(server_.request_count(), 0U);
}

TEST_F(TransportTest, ATransferCanAbortItselfFromAnyEvent) {
    for (const std::string event : {"sent", "header", "head", "body"}) {
        Recorder events;
        const auto id = loop_->start(request_, events);
        const auto abort = [&] {
            loop_->abort(id);
            return Flow::proceed;
        };
        if (event == "sent") events.inside_sent = abort;
        if (event == "header") events.inside_header = abort;
        if (event == "head") events.inside_head = abort;
        if (event == "body") events.inside_body = abort;
        ASSERT_TRUE(run_until(*loop_, [&] { return events.has(event); }));
        run_for(*loop_, 50ms);
        EXPECT_EQ(events.names.back(), event);
    }
    EXPECT_TRUE(exchange(*loop_, request_).succeeded());
}

TEST_F(TransportTest, AnEventCanAbortAnotherTransfer) {
    Recorder other;
    const auto other_id = start_unanswered(*loop_, other);
    Recorder events;
    events.inside_body = [&] {
        loop_->abort(other_id);
        return Flow::proceed;
    };
    loop_->start(request_, events);
    finish(*loop_, events);
    EXPECT_EQ(other.names, (Names{"sent"}));
    EXPECT_TRUE(server_.wait_until([&] { return server_.open_connections() == 1; }));
}

TEST_F(TransportTest, TheEndOfATransferCanAbortAnotherThatEndsAtTheSameTime) {
    const RefusingPort port;
    const HttpRequest request = request_to(port.url());
    Recorder first;
    Recorder second;
    TransferLoop::TransferId first_id{};
    TransferLoop::TransferId second_id{};
    first.inside_finished = [&] { loop_->abort(second_id); };
    second.inside_finished = [&] { loop_->abort(first_id); };
    first_id = loop_->start(request, first);
    second_id = loop_->start(request, second);
    ASSERT_TRUE(run_until(*loop_, [&] { return first.finished() || second.finished(); }));
    run_for(*loop_, 50ms);
    EXPECT_NE(first.finished(), second.finished());
}

TEST_F(TransportTest, EventsCanStartTransfers) {
    Recorder after_end;
    Recorder from_body;
    Recorder events;
    events.inside_body = [&] {
        loop_->start(request_, from_body);
        return Flow::proceed;
    };
    events.inside_finished = [&] { loop_->start(request_, after_end); };
    loop_->start(request_, events);
    ASSERT_TRUE(run_until(*loop_, [&] { return from_body.finished() && after_end.finished(); }));
    EXPECT_TRUE(from_body.succeeded());
    EXPECT_TRUE(after_end.succeeded());
}

TEST_F(TransportTest, TransfersOfOneLoopRunAtTheSameTime) {
    server_.enqueue(Answer::stream({"one", "two"}).pause_between(100ms));
    server_.enqueue(Answer::stream({"one", "two"}).pause_between(100ms));
    Recorder first;
    Recorder second;
    second.inside_head = [&] {
        EXPECT_FALSE(first.finished());
        return Flow::proceed;
    };
    first.inside_head = [&] {
        EXPECT_FALSE(second.finished());
        return Flow::proceed;
    };
    const auto first_id = loop_->start(request_, first);
    EXPECT_NE(loop_->start(request_, second), first_id);
    ASSERT_TRUE(run_until(*loop_, [&] { return first.finished() && second.finished(); }));
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(server_.connection_count(), 2U);
}

TEST_F(TransportTest, WhatAnEventThrowsComesOutOfRunOnce) {  // T7
    Recorder events;
    events.inside_body = []() -> Flow { throw std::bad_alloc(); };
    loop_->start(request_, events);
    EXPECT_THROW(finish(*loop_, events), std::bad_alloc);
    EXPECT_FALSE(events.finished());
    EXPECT_TRUE(exchange(*loop_, request_).succeeded());
}

// --- waiting ------------------------------------------------------------------------------------

/// How long it takes a waiting `run_once` to return after a `wake` 50 ms from now.
std::chrono::milliseconds time_to_wake(TransferLoop& loop) {
    const TimePoint wake_at = Clock::now() + 50ms;
    std::jthread waker([&] {
        std::this_thread::sleep_until(wake_at);
        loop.wake();
    });
    while (Clock::now() < wake_at) loop.run_once(Clock::now() + 5s);
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - wake_at);
}

constexpr auto prompt = 250ms;

TEST_F(TransportTest, WakesWhileNothingIsUnderWay) {  // T1
    EXPECT_LE(time_to_wake(*loop_), prompt);
}

TEST_F(TransportTest, WakesWhileConnecting) {  // T1
    const HangingPort port;
    const HttpRequest request = request_to(port.url());
    Recorder events;
    const auto id = loop_->start(request, events);
    EXPECT_LE(time_to_wake(*loop_), prompt);
    const TimePoint before = Clock::now();
    loop_->abort(id);
    EXPECT_LE(Clock::now() - before, prompt);
    EXPECT_EQ(events.names, Names{});
}

TEST_F(TransportTest, WakesWhileWaitingForAnAnswer) {  // T1
    Recorder events;
    start_unanswered(*loop_, events);
    EXPECT_LE(time_to_wake(*loop_), prompt);
}

TEST_F(TransportTest, AnEarlierWakeIsRemembered) {
    loop_->wake();
    const TimePoint before = Clock::now();
    loop_->run_once(before + 5s);
    EXPECT_LE(Clock::now() - before, prompt);
}

TEST_F(TransportTest, WaitsUntilTheTimeGivenAndNoLonger) {
    const TimePoint until = Clock::now() + 60ms;
    run_for(*loop_, 60ms);
    EXPECT_GE(Clock::now(), until);
    EXPECT_LE(Clock::now(), until + prompt);
    loop_->run_once(TimePoint::min());  // Long past.
    EXPECT_LE(Clock::now(), until + prompt);
}

TEST_F(TransportTest, DoesNotReturnAMomentTooEarly) {
    for (int i = 0; i < 10; ++i) {
        const TimePoint until = Clock::now() + 1'500us;
        loop_->run_once(until);
        EXPECT_GE(Clock::now(), until);
    }
}

TEST_F(TransportTest, WaitsWithoutEnd) {
    std::jthread waker([&] { loop_->wake(); });
    loop_->run_once(TimePoint::max());
}

}  // namespace
}  // namespace cloud_backend::test
