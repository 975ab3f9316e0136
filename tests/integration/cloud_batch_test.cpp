#include "cloud_batch_fixture.hpp"
#include "program_answers.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>

namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;
using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using embedded_server::Headers;
using embedded_server::Request;
using nlohmann::json;

// ---- Requests and answers

TEST_F(CloudBatch, ABodyIsSentAsItStandsButForStream) {
    const EmbeddedServer server({.handler = answer_question});
    write_input(
        R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":)"
        R"({ "messages" : [{"content":"question 0","role":"user"}],"seed":1.00, "stream":true }})"
        "\n\n");
    const auto [status, said] = run_at(server.url());
    EXPECT_EQ(status, 0) << said;
    ASSERT_EQ(server.request_count(), 1u);
    EXPECT_EQ(
        server.requests().at(0).body,
        R"({ "messages" : [{"content":"question 0","role":"user"}],"seed":1.00, "stream":false })");
}

TEST_F(CloudBatch, AResultHasTheFormOfOpenAIs) {
    EmbeddedServer server;
    server.enqueue(batch_answer(0, {{"x-request-id", "r-1"}}));
    write_requests(1);
    EXPECT_EQ(run_at(server.url()).status, 0);
    const json result = results_in(output).at("id-0");
    EXPECT_EQ(result.at("id"), "batch_req_1");
    EXPECT_EQ(result.at("response").at("status_code"), 200);
    EXPECT_EQ(result.at("response").at("request_id"), "r-1");
    EXPECT_EQ(result.at("response").at("body").at("usage").at("total_tokens"), 5);
    EXPECT_TRUE(result.at("error").is_null());
}

TEST_F(CloudBatch, APipeIsAskedAsItComes) {
    const EmbeddedServer server({.handler = answer_question});
    Program program(CLOUD_BATCH_PROGRAM, arguments_for("-", server.url(), {"-o", output}));
    program.type(batch_line(0));
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 1; }));
    program.type(batch_line(1));
    const auto [status, said] = outcome_of(program);
    EXPECT_EQ(status, 0) << said;
    expect_answers(results_in(output), 2);
    EXPECT_TRUE(std::filesystem::exists(directory.file("in.results.errors.jsonl")));
}

TEST_F(CloudBatch, AFallbackIsAskedForAModelOfItsOwn) {
    const embedded_server::RefusingPort refusing;
    const EmbeddedServer server({.handler = answer_question});
    write_input(
        R"({"custom_id":"id-0","method":"POST","url":"/v1/chat/completions","body":)"
        R"({"model":"m","messages":[{"role":"user","content":"question 0"}],"seed":1.00}})");
    const auto [status, said] =
        run_at(refusing.url(), {"--retries", "0", "--fallback", server.url() + ",m-2"});
    EXPECT_EQ(status, 0) << said;
    expect_answers(results_in(output), 1);
    const std::string body = server.requests().at(0).body;
    EXPECT_EQ(json::parse(body).at("model"), "m-2");
    EXPECT_TRUE(contains(body, R"("seed":1.00)")) << body;
}

TEST_F(CloudBatch, ProgressIsShownWhenAskedFor) {
    const EmbeddedServer server({.handler = answer_question});
    write_requests(1);
    const auto shown = run_at(server.url(), {"--progress"});
    EXPECT_TRUE(contains(shown.errors, "0 of 1, ")) << shown.errors;
    const auto not_shown = run_at(server.url());
    EXPECT_FALSE(contains(not_shown.errors, " of 1, ")) << not_shown.errors;
}

// ---- Wrong input and arguments

TEST_F(CloudBatch, WrongLinesAreToldByTheirNumberAndNothingIsSent) {
    const EmbeddedServer server({.handler = answer_question});
    write_input(batch_line(0) + "nonsense\n" + batch_line(1) + "\n" + batch_line(0) + "{}\n");
    const auto [status, said] = run_at(server.url());
    EXPECT_EQ(status, 2);
    EXPECT_TRUE(contains(said, ": line 2: not JSON\n")) << said;
    EXPECT_TRUE(contains(said, ": line 5: the custom_id id-0 has been there before\n")) << said;
    EXPECT_TRUE(contains(said, ": line 6: no custom_id\n")) << said;
    EXPECT_TRUE(contains(said, ": 3 wrong lines; nothing was sent\n")) << said;
    EXPECT_EQ(server.connection_count(), 0u);
    EXPECT_FALSE(std::filesystem::exists(output));
}

TEST_F(CloudBatch, AWrongLineOfAPipeEndsTheRunBehindTheRequestsBefore) {
    const EmbeddedServer server({.handler = answer_question});
    Program program(CLOUD_BATCH_PROGRAM, arguments_for("-", server.url(), {"-o", output}));
    program.type(batch_line(0) + batch_line(1) + "nonsense\n" + batch_line(2));
    const auto [status, said] = outcome_of(program);
    EXPECT_EQ(status, 2);
    EXPECT_TRUE(contains(said, "line 3: not JSON")) << said;
    expect_answers(results_in(output), 2);
    EXPECT_EQ(server.request_count(), 2u);
}

TEST_F(CloudBatch, WrongArgumentsSendNothing) {
    const EmbeddedServer server({.handler = answer_question});
    write_requests(1);
    const std::string url = server.url();
    for (const Arguments& arguments : {Arguments{},
                                       {"missing.jsonl", "--base-url", url},
                                       {"-", "--base-url", url},
                                       {input},
                                       {input, "--base-url", "ftp://x"},
                                       {input, "--base-url", url, "--shard", "3/3"},
                                       {input, "--base-url", url, "--concurrency", "0"},
                                       {input, "--base-url", url, "--requests-per-minute", "0"},
                                       {input, "--base-url", url, "--fallback", ",m"},
                                       {input, "--base-url", url, "-o", "x", "--errors", "x"},
                                       {input, "--base-url", url, "--nonsense"}}) {
        const auto [status, said] = run(arguments);
        EXPECT_EQ(status, 2) << said;
        EXPECT_TRUE(said.starts_with("cloud-batch: ")) << said;
        EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
    }
    EXPECT_EQ(server.connection_count(), 0u);
}

TEST_F(CloudBatch, HelpTellsFormatsAndStatuses) {
    Program program(CLOUD_BATCH_PROGRAM, {"--help"});
    EXPECT_EQ(outcome_of(program).status, 0);
    for (const char* text : {"custom_id", "--shard", "SLURM_ARRAY_TASK_ID", "OPENAI_API_KEY",
                             "  0  every request is answered", "130  interrupted"}) {
        EXPECT_TRUE(contains(program.output(), text)) << text;
    }
}

// ---- Failures

/// Refuses question 1.
Answer refuse_one(const Request& request) {
    return question_of(request.body) == 1 ? error_answer(400, "no_good") : answer_question(request);
}

TEST_F(CloudBatch, WhatFailsIsInTheFileOfErrorsAndNotAskedAgainUnlessToldTo) {
    const EmbeddedServer server({.handler = refuse_one});
    write_requests(3);
    EXPECT_EQ(run_at(server.url()).status, 1);
    EXPECT_EQ(results_in(output).size(), 2u);
    const json failed = results_in(errors).at("id-1");
    EXPECT_EQ(failed.at("response").at("status_code"), 400);
    EXPECT_EQ(failed.at("response").at("body").at("error").at("code"), "no_good");
    EXPECT_EQ(failed.at("error").at("code"), "bad_request");
    EXPECT_TRUE(contains(failed.at("error").at("message"), "no"));

    EXPECT_EQ(run_at(server.url()).status, 1);
    EXPECT_EQ(server.request_count(), 3u);

    const EmbeddedServer mended({.handler = answer_question});
    EXPECT_EQ(run_at(mended.url(), {"--retry-failed"}).status, 0);
    EXPECT_EQ(mended.request_count(), 1u);
    expect_answers(results_in(output), 3);
    EXPECT_TRUE(results_in(errors).empty());
}

TEST_F(CloudBatch, WhatFailsForNowIsAskedAgainLater) {
    EmbeddedServer server({.handler = answer_question});
    server.enqueue(error_answer(503, "busy"));
    write_requests(2);
    const auto [status, said] = run_at(server.url(), {"--retries", "0", "--concurrency", "1"});
    EXPECT_EQ(status, 0) << said;
    EXPECT_EQ(server.request_count(), 3u);
    EXPECT_EQ(question_of(server.requests().at(1).body), 1u);
    expect_answers(results_in(output), 2);
}

TEST_F(CloudBatch, WhatFailsForNowTooOftenHasFailed) {
    EmbeddedServer server({.handler = answer_question});
    server.enqueue(error_answer(503, "busy"));
    write_requests(1);
    EXPECT_EQ(run_at(server.url(), {"--retries", "0", "--max-requeues", "0"}).status, 1);
    EXPECT_EQ(results_in(errors).at("id-0").at("response").at("status_code"), 503);
}

TEST_F(CloudBatch, AKeyThatIsNotAcceptedEndsTheRunAndNothingCountsAsFailed) {
    const EmbeddedServer server(
        {.handler = [](const Request&) { return error_answer(401, "invalid_api_key"); }});
    write_requests(100);
    const auto [status, said] = run_at(server.url(), {"--concurrency", "2"});
    EXPECT_EQ(status, 1);
    EXPECT_TRUE(contains(said, "401 no (invalid_api_key)")) << said;
    EXPECT_LE(server.request_count(), 3u);
    EXPECT_TRUE(results_in(errors).empty());
}

// ---- Pace

TEST_F(CloudBatch, ItSlowsDownBeforeTheLimitTheServerTellsIsMet) {
    std::mutex mutex;
    std::vector<std::chrono::steady_clock::time_point> times;
    const EmbeddedServer server({.handler = [&](const Request& request) {
        const std::lock_guard lock(mutex);
        times.push_back(std::chrono::steady_clock::now());
        return batch_answer(question_of(request.body), {{"x-ratelimit-limit-requests", "100"},
                                                        {"x-ratelimit-remaining-requests", "2"},
                                                        {"x-ratelimit-reset-requests", "600ms"}});
    }});
    write_requests(4);
    const auto [status, said] = run_at(server.url(), {"--concurrency", "1"});
    EXPECT_EQ(status, 0) << said;
    ASSERT_EQ(times.size(), 4u);
    EXPECT_GE(times.back() - times.front(), 800ms);  // Three times half of what is left.
}

TEST_F(CloudBatch, RequestsPerMinuteAreKept) {
    const EmbeddedServer server({.handler = answer_question});
    write_requests(14);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run_at(server.url(), {"--requests-per-minute", "600"}).status, 0);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 290ms);
}

}  // namespace
}  // namespace cloud_backend::test
