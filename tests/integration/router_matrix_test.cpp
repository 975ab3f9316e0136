#include "router_matrix.hpp"

#include "../support/backend_fixture.hpp"
#include "../support/call_form.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Every fault of the first of two backends, plain and streamed: which one answered, how often each
// was asked, what was delivered, what their breakers hold, and what a second call makes of it. The
// fault stays. The first backend may retry once, and its circuit opens at the second failure in a
// row: where both attempts failed, the second call finds it open.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;
using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using embedded_server::RefusingPort;
using embedded_server::Request;

const Outcomes none{};
const Outcomes success(Outcome::success);
const Outcomes failure(Outcome::failure);
const Outcomes two_failures(Outcome::failure, 2);
const Outcomes throttled(Outcome::throttled);
const Outcomes rejected(Outcome::rejected);

using enum FirstBackend;
using enum Mode;

// The first call: ended by, POSTs to either, text, chunks, breakers; the next call: ended by,
// POSTs.
// clang-format off
const RouterRow router_matrix[] = {
    // F2: Failure. Section 3: not sent, so it is retried. F1: the open circuit is skipped.
    {refuses_the_connection, plain,
     {{"second", 0, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {refuses_the_connection, streamed,
     {{"second", 0, 1}, "four five six", 5, two_failures, success, {"second", 0, 1}}},

    // F2: Failure. R1: retried.
    {answers_500, plain,
     {{"second", 2, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {answers_500, streamed,
     {{"second", 2, 1}, "four five six", 5, two_failures, success, {"second", 0, 1}}},

    // F2: Throttled. F4: not waited for with another backend to ask; F1, B5: skipped for that long.
    {answers_429_for_5_s, plain,
     {{"second", 1, 1}, "four five six", 0, throttled, success, {"second", 0, 1}}},
    {answers_429_for_5_s, streamed,
     {{"second", 1, 1}, "four five six", 5, throttled, success, {"second", 0, 1}}},

    // The same by R4.
    {answers_429_for_120_s, plain,
     {{"second", 1, 1}, "four five six", 0, throttled, success, {"second", 0, 1}}},
    {answers_429_for_120_s, streamed,
     {{"second", 1, 1}, "four five six", 5, throttled, success, {"second", 0, 1}}},

    // F2: falls back. Section 3: no failure of the endpoint, so nothing keeps the next call away.
    {answers_401, plain,
     {{"second", 1, 1}, "four five six", 0, rejected, success, {"second", 1, 1}}},
    {answers_401, streamed,
     {{"second", 1, 1}, "four five six", 5, rejected, success, {"second", 1, 1}}},

    // F2: the request's fault.
    {answers_400, plain,
     {{"BadRequestError", 1, 0}, "", 0, rejected, none, {"BadRequestError", 1, 0}}},
    {answers_400, streamed,
     {{"BadRequestError", 1, 0}, "", 0, rejected, none, {"BadRequestError", 1, 0}}},

    // F2: Failure. Section 3: a first-byte timeout is not retried, so the circuit is still closed.
    {stalls, plain,
     {{"second", 1, 1}, "four five six", 0, failure, success, {"second", 1, 1}}},
    {stalls, streamed,
     {{"second", 1, 1}, "four five six", 5, failure, success, {"second", 1, 1}}},

    // F2: Failure. R7: retried while nothing was delivered, by a plain call wherever it breaks.
    {breaks_before_the_first_delta, plain,
     {{"second", 2, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {breaks_before_the_first_delta, streamed,
     {{"second", 2, 1}, "four five six", 5, two_failures, success, {"second", 0, 1}}},

    // F3: the role was held back, so the second takes over. R7: the first gave it away, and is not
    // asked again.
    {breaks_after_the_role, plain,
     {{"second", 2, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {breaks_after_the_role, streamed,
     {{"second", 1, 1}, "four five six", 5, failure, success, {"second", 1, 1}}},

    // F3: what was delivered binds; the error has it as its partial completion.
    {breaks_after_content, plain,
     {{"second", 2, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {breaks_after_content, streamed,
     {{"ConnectionError", 1, 0}, "one", 2, failure, none, {"ConnectionError", 1, 0}}},
    {breaks_after_a_tool_call, plain,
     {{"second", 2, 1}, "four five six", 0, two_failures, success, {"second", 0, 1}}},
    {breaks_after_a_tool_call, streamed,
     {{"ConnectionError", 1, 0}, "", 2, failure, none, {"ConnectionError", 1, 0}}},
};
// clang-format on

// --- the servers --------------------------------------------------------------------------------

std::vector<std::string> events_of(const std::vector<std::string_view>& words) {
    std::vector<std::string> events{chunk_json(R"({"role":"assistant","content":""})")};
    for (const auto word : words) events.push_back(content_chunk(word));
    events.push_back(chunk_json("{}", R"("stop")"));
    return with_done(std::move(events));
}

constexpr std::string_view tool_calls =
    R"("tool_calls":[{"index":0,"id":"t-1","function":{"name":"f","arguments":"{}"}}])";

/// A whole answer, which the breaks cut behind the chunk that they are named after.
Answer answer_of_first(FirstBackend fault, Mode mode) {
    const bool calls_tool = fault == breaks_after_a_tool_call;
    if (mode == streamed) {
        auto events = events_of({"one", " two"});
        if (calls_tool) events[1] = chunk_json("{" + std::string(tool_calls) + "}");
        return Answer::stream(events);
    }
    return Answer::chunked({R"({"id":"c-1","choices":[{"message":{"role":"assistant",)",
                            calls_tool ? std::string(tool_calls) : R"("content":"one)",
                            calls_tool ? " " : R"( two")", R"(},"finish_reason":"stop"}]})"},
                           {{"Content-Type", "application/json"}});
}

/// After the head and so many chunks.
Answer broken_after(std::size_t chunks, const Answer& answer) {
    std::size_t size = 0;
    for (std::size_t piece = 0; piece <= chunks; ++piece) {
        size += answer.pieces().at(piece).bytes.size();
    }
    return answer.cut_after(size);
}

Answer faulty(FirstBackend fault, Mode mode) {
    constexpr std::string_view error = R"({"error":{"message":"no"}})";
    const Answer answer = answer_of_first(fault, mode);
    switch (fault) {
        case answers_500:
            return Answer::json(500, error);
        case answers_429_for_5_s:
            return Answer::json(429, error, {{"Retry-After", "5"}});
        case answers_429_for_120_s:
            return Answer::json(429, error, {{"Retry-After", "120"}});
        case answers_401:
            return Answer::json(401, error);
        case answers_400:
            return Answer::json(400, error);
        case stalls:
            return Answer::bytes("").then_stall();
        case breaks_before_the_first_delta:
            return broken_after(0, answer);
        case breaks_after_the_role:
            return broken_after(1, answer);
        case breaks_after_content:
        case breaks_after_a_tool_call:
            return broken_after(2, answer);
        case refuses_the_connection:
            break;
    }
    throw std::logic_error("nothing answers there");
}

Answer answer_of_second(Mode mode) {
    if (mode == streamed) return Answer::stream(events_of({"four", " five", " six"}));
    return Answer::json(200, R"({"id":"c-2","choices":[{"message":{"content":"four five six"},)"
                             R"("finish_reason":"stop"}]})");
}

// --- one row ------------------------------------------------------------------------------------

std::string_view name_of_error(ErrorCode code) {
    switch (code) {
        case ErrorCode::connection:
            return "ConnectionError";
        case ErrorCode::bad_request:
            return "BadRequestError";
        default:
            return "another Error";
    }
}

/// What a call shows of itself.
struct Ended {
    std::string by{};
    std::string text{};
    std::string streamed_text{};
    std::size_t chunks = 0;
    std::vector<AttemptInfo> attempts{};
};

class RouterMatrix : public ::testing::TestWithParam<RouterRow> {
protected:
    static void TearDownTestSuite() {
        std::cout << '\n' << router_matrix_heading << '\n' << printed_matrix().str() << std::endl;
    }

    Ended call() {
        Ended ended;
        const auto on_chunk = [&](const ChatChunk& chunk) {
            ++ended.chunks;
            ended.streamed_text += chunk.content();
        };
        try {
            const ChatCompletion answer = GetParam().mode == plain
                                              ? complete(router_, ask())
                                              : complete(router_, ask(), on_chunk);
            ended.by = answer.metadata.backend;
            ended.text = answer.content();
            ended.attempts = answer.metadata.attempts;
        } catch (const Error& error) {
            ended.by = name_of_error(error.code());
            if (error.partial() != nullptr) ended.text = error.partial()->content();
            EXPECT_EQ(error.partial() != nullptr, ended.chunks > 0);
            ended.attempts = error.attempts();
        }
        return ended;
    }

    [[nodiscard]] std::size_t first_posts() const { return first_server_.request_count(); }
    [[nodiscard]] std::size_t second_posts() const { return second_server_.request_count(); }
    [[nodiscard]] static Outcomes held_by(const OpenAICloudBackend& backend) {
        return Outcomes(backend.health()->breaker().snapshot().counters);
    }

    static void print(const RouterCell& cell, Duration duration) {
        using Milliseconds = std::chrono::duration<double, std::milli>;
        printed_matrix() << GetParam() << cell << std::right << std::fixed << std::setprecision(1)
                         << std::setw(7) << Milliseconds(duration).count() << '\n';
    }

    EmbeddedServer first_server_{{.handler = [fault = GetParam().fault, mode = GetParam().mode](
                                                 const Request&) { return faulty(fault, mode); }}};
    EmbeddedServer second_server_{
        {.handler = [mode = GetParam().mode](const Request&) { return answer_of_second(mode); }}};
    RefusingPort nobody_{};
    std::shared_ptr<OpenAICloudBackend> first_ = create_openai_backend(options_of_first());
    std::shared_ptr<OpenAICloudBackend> second_ =
        create_openai_backend(quick_options(second_server_.url()));
    FallbackRouter router_{
        {{.name = "first", .backend = first_}, {.name = "second", .backend = second_}}};

private:
    [[nodiscard]] ClientOptions options_of_first() const {
        const bool refused = GetParam().fault == refuses_the_connection;
        ClientOptions options = quick_options(refused ? nobody_.url() : first_server_.url());
        options.retry.max_retries = 1;
        options.breaker.fail_max = 2;
        options.timeouts.first_byte = GetParam().fault == stalls ? 150ms : 10'000ms;
        return options;
    }
    static std::ostringstream& printed_matrix() {
        static std::ostringstream lines;
        return lines;
    }
};

TEST_P(RouterMatrix, EndsAsItsCellStates) {
    const auto start = Clock::now();
    const Ended ended = call();
    const auto duration = Clock::now() - start;
    RouterCell cell{.call = {ended.by, first_posts(), second_posts()},
                    .text = ended.text,
                    .chunks = ended.chunks,
                    .first = held_by(*first_),
                    .second = held_by(*second_)};
    const Ended next = call();
    cell.next_call = {next.by, first_posts() - cell.call.first_posts,
                      second_posts() - cell.call.second_posts};
    print(cell, duration);
    EXPECT_EQ(cell, GetParam().expected);
    if (GetParam().mode == streamed) {
        EXPECT_EQ(ended.streamed_text, ended.text);
    }
    if (GetParam().fault != refuses_the_connection) {  // Of an attempt that a server never sees.
        EXPECT_EQ(ended.attempts.size(), cell.call.first_posts + cell.call.second_posts);
    }
}

/// Such as BreakAfterRoleStreamed.
std::string test_name(const ::testing::TestParamInfo<RouterRow>& info) {
    std::ostringstream words;
    words << info.param;
    std::string name;
    bool word_begins = true;
    for (const char c : words.str()) {
        const auto letter = static_cast<unsigned char>(c);
        if (std::isalnum(letter) != 0) {
            name += static_cast<char>(word_begins ? std::toupper(letter) : letter);
        }
        word_begins = c == ' ' || c == '-';
    }
    return name;
}

INSTANTIATE_TEST_SUITE_P(Http1, RouterMatrix, ::testing::ValuesIn(router_matrix), test_name);

}  // namespace
}  // namespace cloud_backend::test
