#include "server.hpp"

#include "event_queue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <vector>

namespace cloud_backend::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(EventQueue, GoesFromEventToEventInOrder) {
    EventQueue events;
    std::vector<int> happened;
    const auto note = [&](int number) {
        return [&happened, number] { happened.push_back(number); };
    };
    events.after(seconds(2), note(3));
    events.after(seconds(1), note(1));
    events.after(seconds(1), note(2));
    events.cancel(events.after(seconds(1), note(9)));
    events.run();
    EXPECT_EQ(happened, (std::vector{1, 2, 3}));
    EXPECT_EQ(events.now(), TimePoint{} + seconds(2));
}

TEST(EventQueue, WhatIsDueInThePastHappensNow) {
    EventQueue events;
    events.after(seconds(2), [&] { events.at(TimePoint{} + seconds(1), [] {}); });
    events.run();
    EXPECT_EQ(events.now(), TimePoint{} + seconds(2));
}

/// A server and what it answered.
class ServerTest : public testing::Test {
protected:
    struct Answered {
        int request = 0;
        Answer answer{};
        Duration at{};
        bool operator==(const Answered&) const = default;
    };

    Server make_server(ServerOptions options = {}) {
        return {events, options, [this] { return draw; }};
    }

    void request(Server& server, int number) {
        server.accept([this, number](Answer answer) {
            answered.push_back({number, answer, events.now().time_since_epoch()});
        });
    }

    EventQueue events{};
    double draw = 0.5;
    std::vector<Answered> answered{};
};

TEST_F(ServerTest, WorksOnOneRequestAfterAnotherAtItsCapacity) {
    Server server = make_server({.capacity = 100});
    request(server, 1);
    request(server, 2);
    events.run();
    EXPECT_EQ(answered, (std::vector<Answered>{{1, Answer::completion, milliseconds(10)},
                                               {2, Answer::completion, milliseconds(20)}}));
}

TEST_F(ServerTest, AtAFifthOfItsSpeedTakesFiveTimesAsLong) {
    Server server = make_server();
    server.become({.speed = 0.2});
    request(server, 1);
    events.run();
    EXPECT_EQ(answered, (std::vector<Answered>{{1, Answer::completion, milliseconds(50)}}));
}

TEST_F(ServerTest, AnswersWhatItQueuedWhileItStoodStill) {
    Server server = make_server();
    server.become({.speed = 0});
    request(server, 1);
    events.after(seconds(15), [&] { server.become({}); });
    events.run();
    EXPECT_EQ(answered, (std::vector<Answered>{{1, Answer::completion, milliseconds(15'010)}}));
}

TEST_F(ServerTest, LosesWhatItHoldsWhenItStopsListening) {
    Server server = make_server();
    request(server, 1);
    request(server, 2);
    server.become({.listening = false});
    events.run();
    EXPECT_FALSE(server.listening());
    EXPECT_EQ(answered, (std::vector<Answered>{{1, Answer::connection_lost, seconds(0)},
                                               {2, Answer::connection_lost, seconds(0)}}));
}

TEST_F(ServerTest, TurnsAwayWhatItsQueueDoesNotHold) {
    Server server = make_server({.queue_limit = 1});
    request(server, 1);
    request(server, 2);
    events.run();
    EXPECT_EQ(answered, (std::vector<Answered>{{2, Answer::unavailable, seconds(0)},
                                               {1, Answer::completion, milliseconds(10)}}));
}

TEST_F(ServerTest, FailsTheShareOfItsAnswersThatChanceSays) {
    Server server = make_server();
    server.become({.fault_rate = 0.2});
    draw = 0.19;
    request(server, 1);
    events.run();
    draw = 0.2;
    request(server, 2);
    events.run();
    EXPECT_EQ(answered, (std::vector<Answered>{{1, Answer::unavailable, milliseconds(10)},
                                               {2, Answer::completion, milliseconds(20)}}));
}

TEST_F(ServerTest, ServiceTimesCanBeRandom) {
    Server server = make_server({.capacity = 100, .random_service_time = true});
    draw = 1 - std::exp(-2);  // Twice the mean.
    request(server, 1);
    events.run();
    ASSERT_EQ(answered.size(), 1U);
    EXPECT_NEAR(std::chrono::duration<double>(answered[0].at).count(), 0.020, 1e-6);
}

}  // namespace
}  // namespace cloud_backend::simulation
