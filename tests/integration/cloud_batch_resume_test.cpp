#include "chosen_seed.hpp"
#include "cloud_batch_fixture.hpp"
#include "slow_build.hpp"

#include <chrono>
#include <filesystem>
#include <random>

// Runs that were ended, and go on.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;
using embedded_server::EmbeddedServer;
using embedded_server::Request;

TEST_F(CloudBatch, KilledFiveTimesItLosesNothingAndAsksNothingTwiceThatHadAnAnswer) {
    constexpr std::size_t count = slow_build ? 2'000 : 20'000;
    constexpr std::size_t kills = 5;
    Questions questions(count);
    EmbeddedServer server({.handler =
                               [&](const Request& request) {
                                   const std::size_t question = question_of(request.body);
                                   questions.ask(question);
                                   return batch_answer(question);
                               },
                           .keep_requests = false});
    write_requests(count);
    const Arguments arguments = arguments_for(input, server.url(), {"--concurrency", "32"});
    const auto seed = chosen_seed();
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    std::map<std::size_t, int> asked_before;  // Of those that had an answer at a kill.
    for (std::size_t kill = 0; kill < kills; ++kill) {
        std::uniform_int_distribution<std::size_t> after(50, count / (kills + 1));
        const std::size_t asked = server.request_count() + after(random);
        Program program(CLOUD_BATCH_PROGRAM, arguments);
        ASSERT_TRUE(server.wait_until([&] { return server.request_count() >= asked; }, 60s));
        program.kill();
        const std::size_t answered_before = asked_before.size();
        for (const auto& [id, result] : results_in(output)) {
            const std::size_t question = std::stoul(id.substr(3));
            asked_before.try_emplace(question, questions.asked(question));
        }
        EXPECT_GT(asked_before.size(), answered_before);
        EXPECT_LT(asked_before.size(), count);
    }
    const std::size_t all_asked = server.request_count() + count - asked_before.size();
    Program last(CLOUD_BATCH_PROGRAM, arguments);
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() >= all_asked; }, 100s));
    const auto [status, said] = outcome_of(last);
    EXPECT_EQ(status, 0) << said;
    expect_answers(results_in(output), count);
    EXPECT_TRUE(results_in(errors).empty());
    for (const auto& [question, asked] : asked_before) {
        ASSERT_EQ(questions.asked(question), asked) << question;
    }
}

TEST_F(CloudBatch, ATornLastLineIsAskedAgain) {
    const EmbeddedServer server({.handler = answer_question});
    write_requests(3);
    EXPECT_EQ(run_at(server.url()).status, 0);
    std::filesystem::resize_file(output, std::filesystem::file_size(output) - 20);
    EXPECT_EQ(run_at(server.url()).status, 0);
    EXPECT_EQ(server.request_count(), 4u);
    expect_answers(results_in(output), 3);
}

TEST_F(CloudBatch, WhatIsAnsweredIsNotAskedAgain) {
    const EmbeddedServer server({.handler = answer_question});
    write_requests(3);
    EXPECT_EQ(run_at(server.url(), {"--fsync"}).status, 0);
    write_requests(5);
    const auto [status, said] = run_at(server.url(), {"--fsync"});
    EXPECT_EQ(status, 0) << said;
    EXPECT_EQ(server.request_count(), 5u);
    EXPECT_NE(said.find("2 answered in "), std::string::npos) << said;
    expect_answers(results_in(output), 5);
}

TEST_F(CloudBatch, AFileThatNoRunHasWrittenIsLeftAlone) {
    const EmbeddedServer server({.handler = answer_question});
    write_requests(1);
    for (const std::string foreign : {"my diary\n", "my diary", "{\"custom_id\":\"id-0\"}\n"}) {
        std::ofstream(output) << foreign;
        const auto [status, said] = run_at(server.url());
        EXPECT_EQ(status, 2);
        EXPECT_NE(said.find("line 1 is no result"), std::string::npos) << said;
        std::ifstream file(output);
        EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), foreign);
    }
    EXPECT_EQ(server.request_count(), 0u);
}

TEST_F(CloudBatch, TwoRunsDoNotWriteOneFile) {
    EmbeddedServer server({.handler = answer_question});
    server.enqueue(batch_answer(0).then_stall().pause_at(0, 60s));
    write_requests(1);
    Program first(CLOUD_BATCH_PROGRAM, arguments_for(input, server.url()));
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 1; }));
    const auto [status, said] = run_at(server.url());
    EXPECT_EQ(status, 2);
    EXPECT_NE(said.find("another run is writing it"), std::string::npos) << said;
    EXPECT_EQ(server.request_count(), 1u);
}

TEST_F(CloudBatch, TheShardsTogetherAreTheWhole) {
    constexpr std::size_t count = 100;
    constexpr std::size_t shards = 3;
    const EmbeddedServer server({.handler = answer_question});
    write_requests(count);
    std::map<std::string, nlohmann::json> all;
    for (std::size_t shard = 0; shard < shards; ++shard) {
        const std::string part = std::to_string(shard) + "/3";
        EXPECT_EQ(run_at(server.url(), {"--shard", part}).status, 0);
        auto results =
            results_in(directory.file("in." + std::to_string(shard) + "-of-3.results.jsonl"));
        EXPECT_EQ(results.size(), count / shards + (shard == 0 ? 1 : 0));
        all.merge(results);
        EXPECT_TRUE(results.empty());
    }
    expect_answers(all, count);
    EXPECT_EQ(server.request_count(), count);
}

TEST_F(CloudBatch, AnInterruptLetsWhatIsInFlightBeAnswered) {
    constexpr std::size_t count = 1'000;
    EmbeddedServer server(
        {.handler = [](const Request& request) { return answer_question(request).delay(200ms); }});
    write_requests(count);
    Program program(CLOUD_BATCH_PROGRAM, arguments_for(input, server.url()));
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() >= 16; }));
    program.interrupt();
    const auto [status, said] = outcome_of(program);
    EXPECT_EQ(status, 130) << said;
    EXPECT_LT(server.request_count(), count);
    EXPECT_EQ(results_in(output).size(), server.request_count());
}

TEST_F(CloudBatch, AnotherInterruptEndsItAtOnce) {
    EmbeddedServer server({.handler = [](const Request& request) {
        return question_of(request.body) == 0 ? answer_question(request)
                                              : answer_question(request).delay(60s);
    }});
    write_requests(5);
    // The fifth is asked when the first one is answered.
    Program program(CLOUD_BATCH_PROGRAM, arguments_for(input, server.url(), {"-c", "4"}));
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 5; }));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(program.exit_status_when_interrupted(), 130);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
    EXPECT_EQ(results_in(output).size(), 1u);
    EXPECT_TRUE(results_in(errors).empty());
}

}  // namespace
}  // namespace cloud_backend::test
