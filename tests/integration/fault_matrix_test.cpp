#include "fault_matrix.hpp"

#include "../support/faulty_server.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

// Every fault on a fresh and on a reused connection, plain and streamed. The fault stays, and one
// retry is allowed: two failures mean that the library would have tried on.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

constexpr BreakerChange succeeds{.successes = 1};
constexpr BreakerChange fails{.failures = 1};
constexpr BreakerChange fails_twice{.failures = 2};
constexpr BreakerChange neutral{.neutral = 1};

constexpr std::nullopt_t impossible = std::nullopt;

using enum Ending;
using enum Fault;
using enum Mode;

// Ending, POSTs, breaker, chunks, each for a fresh and for a reused connection.
// clang-format off
constexpr Row http1_matrix[] = {
    // T2: a connection known to be dead is not used; the request is sent once, on another.
    {closed_while_idle, plain,
     impossible,                                Cell{success, 1, succeeds, 0}},
    {closed_while_idle, streamed,
     impossible,                                Cell{success, 1, succeeds, 3}},
    {reset_while_idle, plain,
     impossible,                                Cell{success, 1, succeeds, 0}},
    {reset_while_idle, streamed,
     impossible,                                Cell{success, 1, succeeds, 3}},

    // Section 3, ambiguous: sent, no response byte. Retried by the library, never by libcurl.
    {closed_before_a_byte, plain,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {closed_before_a_byte, streamed,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {reset_before_a_byte, plain,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {reset_before_a_byte, streamed,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},

    // Section 3, response begun: retried while nothing was delivered (R7). Section 8: a reset
    // in mid-stream keeps its type.
    {reset_in_body, plain,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {reset_in_body, streamed,
     Cell{connection_error, 1, fails, 1},       Cell{connection_error, 1, fails, 1}},
    {short_body, plain,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {short_body, streamed,
     Cell{connection_error, 1, fails, 1},       Cell{connection_error, 1, fails, 1}},
    {cut_chunk, plain,
     Cell{connection_error, 2, fails_twice, 0}, Cell{connection_error, 2, fails_twice, 0}},
    {cut_chunk, streamed,
     Cell{connection_error, 1, fails, 1},       Cell{connection_error, 1, fails, 1}},

    // T4: no transport error, and yet no answer. Empty is a ResponseError (section 8), however
    // it was asked for (E3).
    {status_line_only, plain,
     Cell{response_error, 2, fails_twice, 0},   Cell{response_error, 2, fails_twice, 0}},
    {status_line_only, streamed,
     Cell{response_error, 2, fails_twice, 0},   Cell{response_error, 2, fails_twice, 0}},
    {close_delimited_body, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {close_delimited_body, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},
    {cut_close_delimited_body, plain,
     Cell{response_error, 2, fails_twice, 0},   Cell{response_error, 2, fails_twice, 0}},
    {cut_close_delimited_body, streamed,
     Cell{stream_truncated, 1, fails, 1},       Cell{stream_truncated, 1, fails, 1}},

    // Section 3: complete but not JSON was paid for. E3: whether streamed or not.
    {html, plain,
     Cell{response_error, 1, fails, 0},         Cell{response_error, 1, fails, 0}},
    {html, streamed,
     Cell{response_error, 1, fails, 0},         Cell{response_error, 1, fails, 0}},

    // E1, R7: it counts as the status 503 that it names.
    {error_object, plain,
     Cell{stream_error, 2, fails_twice, 0},     Cell{stream_error, 2, fails_twice, 0}},
    {error_object, streamed,
     Cell{stream_error, 2, fails_twice, 0},     Cell{stream_error, 2, fails_twice, 0}},

    // T5; section 3: response timeouts are not retried by default.
    {stall_before_headers, plain,
     Cell{first_byte_timeout, 1, fails, 0},     Cell{first_byte_timeout, 1, fails, 0}},
    {stall_before_headers, streamed,
     Cell{first_byte_timeout, 1, fails, 0},     Cell{first_byte_timeout, 1, fails, 0}},
    {stall_in_body, plain,
     Cell{idle_timeout, 1, fails, 0},           Cell{idle_timeout, 1, fails, 0}},
    {stall_in_body, streamed,
     Cell{idle_timeout, 1, fails, 1},           Cell{idle_timeout, 1, fails, 1}},

    // T5: idle is silence between bytes, however few come.
    {trickle, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {trickle, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},

    // T8: a limit of ours, never retried, neutral.
    {huge_header, plain,
     Cell{limit_exceeded, 1, neutral, 0},       Cell{limit_exceeded, 1, neutral, 0}},
    {huge_header, streamed,
     Cell{limit_exceeded, 1, neutral, 0},       Cell{limit_exceeded, 1, neutral, 0}},

    // T5: looking up is part of connecting. Section 3: not sent, so retried. A connection that
    // is open needs no lookup.
    {slow_name_lookup, plain,
     Cell{connect_timeout, 0, fails_twice, 0},  Cell{success, 1, succeeds, 0}},
    {slow_name_lookup, streamed,
     Cell{connect_timeout, 0, fails_twice, 0},  Cell{success, 1, succeeds, 3}},

    // T6: gzip is accepted.
    {gzip, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {gzip, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},

    // T8: 256 levels of JSON, 8 MiB for an event, 64 MiB for a body.
    {deep_json, plain,
     Cell{limit_exceeded, 1, neutral, 0},       Cell{limit_exceeded, 1, neutral, 0}},
    {deep_json, streamed,
     Cell{limit_exceeded, 1, neutral, 0},       Cell{limit_exceeded, 1, neutral, 0}},
    {largest_event, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {largest_event, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},
    {too_large_event, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {too_large_event, streamed,
     Cell{limit_exceeded, 1, neutral, 1},       Cell{limit_exceeded, 1, neutral, 1}},

    // S4: U+FFFD in its place, never an error.
    {invalid_utf8, plain,
     Cell{success, 1, succeeds, 0},             Cell{success, 1, succeeds, 0}},
    {invalid_utf8, streamed,
     Cell{success, 1, succeeds, 3},             Cell{success, 1, succeeds, 3}},
};
// clang-format on

// --- one cell -----------------------------------------------------------------------------------

struct Case {
    StartFaultyServer start = nullptr;
    Position position{};
    Cell expected;

    friend std::ostream& operator<<(std::ostream& out, const Case& c) {
        return out << c.position << c.expected;
    }
};

std::vector<Case> cases_of(std::span<const Row> matrix, StartFaultyServer start) {
    std::vector<Case> cases;
    for (const auto& [fault, mode, fresh, reused] : matrix) {
        if (fresh) cases.push_back({start, {fault, mode, Connection::fresh}, *fresh});
        if (reused) cases.push_back({start, {fault, mode, Connection::reused}, *reused});
    }
    return cases;
}

constexpr auto short_limit = 150ms;

/// Short where a limit is to end the call.
TimeoutOptions timeouts_for(Fault fault) {
    switch (fault) {
        case Fault::slow_name_lookup:
            return {.connect = short_limit};
        case Fault::stall_before_headers:
            return {.first_byte = short_limit};
        case Fault::stall_in_body:
            return {.idle = short_limit};
        case Fault::trickle:  // The answer takes longer.
            return {.first_byte = 400ms, .idle = 400ms};
        default:
            return {};
    }
}

/// The text of the whole answer, as it is to be read.
std::string text_behind(Fault fault) {
    const auto word = fault == Fault::invalid_utf8 ? " tw\xEF\xBF\xBDo" : middle_word(fault);
    return "one" + word + " three";
}

class FaultMatrix : public ::testing::TestWithParam<Case> {
protected:
    static void TearDownTestSuite() {
        std::cout << '\n' << matrix_heading << '\n' << printed_matrix().str() << std::endl;
    }

    void SetUp() override {
        auto options = server_->options();
        options.retry.max_retries = 1;
        backend_ = create_openai_backend(options);
        if (position().connection == Connection::reused) {
            ASSERT_EQ(observe(*backend_, Mode::plain).text, "one two three");
        }
    }

    [[nodiscard]] static const Position& position() { return GetParam().position; }

    Observed call_with_fault() {
        server_->begin_fault();
        return observe(*backend_, position().mode, {.timeouts = timeouts_for(position().fault)});
    }
    [[nodiscard]] BreakerChange breaker_counts() const {
        const auto counters = backend_->health()->breaker().snapshot().counters;
        EXPECT_EQ(counters.granted, counters.successes + counters.failures + counters.neutral);
        return {counters.successes, counters.failures, counters.neutral};
    }
    [[nodiscard]] std::size_t posts() const { return server_->posts(); }

    static void print(const Cell& cell, Duration duration) {
        using Milliseconds = std::chrono::duration<double, std::milli>;
        printed_matrix() << position() << cell << std::right << std::fixed << std::setprecision(1)
                         << std::setw(7) << Milliseconds(duration).count() << '\n';
    }

private:
    static std::ostringstream& printed_matrix() {
        static std::ostringstream lines;
        return lines;
    }

    std::unique_ptr<FaultyServer> server_ = GetParam().start(position().fault);
    std::unique_ptr<OpenAICloudBackend> backend_{};
};

void check_attempts(const Observed& observed, const Case& c) {
    EXPECT_EQ(observed.attempts.size(), c.expected.breaker.attempts());  // B2
    const auto fault = c.position.fault;
    const bool connection_alive =
        fault != Fault::closed_while_idle && fault != Fault::reset_while_idle;
    ASSERT_FALSE(observed.attempts.empty());
    EXPECT_EQ(observed.attempts.front().connection_reused,
              c.position.connection == Connection::reused && connection_alive);
}

void check_text(const Observed& observed, const Position& position) {
    if (observed.ending == success) {
        EXPECT_TRUE(observed.text == text_behind(position.fault));  // Too long to be printed.
    }
    if (position.mode == Mode::streamed) {
        EXPECT_TRUE(observed.text == observed.streamed);  // Section 8: partial() is what was given.
    }
}

/// T5: no limit fires early.
void check_duration(const Observed& observed, Fault fault) {
    if (name_of(observed.ending).starts_with("TimeoutError")) {
        EXPECT_GE(observed.duration, short_limit);
    } else if (fault == Fault::trickle) {
        EXPECT_GT(observed.duration, timeouts_for(fault).idle);
    }
}

TEST_P(FaultMatrix, EndsAsItsCellStates) {
    const auto posts_before = posts();
    const auto breaker_before = breaker_counts();
    const auto observed = call_with_fault();
    const Cell cell{observed.ending, posts() - posts_before, breaker_counts() - breaker_before,
                    observed.chunks};
    print(cell, observed.duration);
    EXPECT_EQ(cell, GetParam().expected);
    check_attempts(observed, GetParam());
    check_text(observed, position());
    check_duration(observed, position().fault);
}

/// Such as CloseBeforeAByteStreamedReused.
std::string test_name(const ::testing::TestParamInfo<Case>& info) {
    std::ostringstream words;
    words << info.param.position;
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

INSTANTIATE_TEST_SUITE_P(Http1, FaultMatrix,
                         ::testing::ValuesIn(cases_of(http1_matrix, start_faulty_http1_server)),
                         test_name);

}  // namespace
}  // namespace cloud_backend::test
