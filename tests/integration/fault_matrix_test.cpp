#include "../support/fault.hpp"
#include "../support/faulty_server.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

// Every fault on a fresh and on a reused connection, plain and streamed. The fault stays, and one
// retry is allowed: two POSTs mean that the library would have tried again.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

// --- what a cell states -------------------------------------------------------------------------

/// The outcomes recorded with the breaker: one for each attempt (SPEC B2).
struct BreakerChange {
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    std::uint64_t neutral = 0;

    friend bool operator==(const BreakerChange&, const BreakerChange&) = default;
    [[nodiscard]] std::uint64_t attempts() const { return successes + failures + neutral; }
};

std::ostream& operator<<(std::ostream& out, const BreakerChange& change) {
    const char* separator = "";
    const auto print = [&](std::uint64_t count, std::string_view name) {
        if (count == 0) return;
        out << separator << count << ' ' << name;
        separator = ", ";
    };
    print(change.successes, "success");
    print(change.failures, "failure");
    print(change.neutral, "neutral");
    return out;
}

/// How the call ends: success, or the type of its error (SPEC 8).
using Ending = std::string_view;

struct Cell {
    Ending ending{};
    std::size_t posts = 0;
    BreakerChange breaker{};
    std::size_t chunks = 0;

    friend bool operator==(const Cell&, const Cell&) = default;
};

std::string text_of(const BreakerChange& change) {
    std::ostringstream text;
    text << change;
    return text.str();
}

std::ostream& operator<<(std::ostream& out, const Cell& cell) {
    return out << std::left << std::setw(24) << cell.ending << std::right << std::setw(3)
               << cell.posts << "    " << std::left << std::setw(11) << text_of(cell.breaker)
               << std::right << std::setw(4) << cell.chunks;
}

// --- the matrix ---------------------------------------------------------------------------------

enum class Connection { fresh, reused };

struct Row {
    Fault fault;
    Mode mode;
    std::optional<Cell> fresh;
    std::optional<Cell> reused;
};

constexpr Ending success = "success";
constexpr Ending connection_error = "ConnectionError";
constexpr Ending connect_timeout = "TimeoutError connect";
constexpr Ending first_byte_timeout = "TimeoutError first_byte";
constexpr Ending idle_timeout = "TimeoutError idle";
constexpr Ending stream_error = "StreamError";
constexpr Ending truncated = "StreamTruncatedError";
constexpr Ending response_error = "ResponseError";
constexpr Ending limit_exceeded = "LimitExceededError";

constexpr BreakerChange succeeds{.successes = 1};
constexpr BreakerChange fails{.failures = 1};
constexpr BreakerChange fails_twice{.failures = 2};
constexpr BreakerChange neutral{.neutral = 1};

/// A connection that is fresh was never idle.
constexpr std::nullopt_t impossible = std::nullopt;

std::vector<Row> http1_matrix() {
    using enum Fault;
    using enum Mode;
    // Ending, POSTs, breaker, chunks, each for a fresh and for a reused connection.
    // clang-format off
    return {
        // T2: a connection known to be dead is not used; the request is sent once, on another.
        {closed_while_idle, plain,
         impossible,                                       Cell{success, 1, succeeds, 0}},
        {closed_while_idle, streamed,
         impossible,                                       Cell{success, 1, succeeds, 3}},
        {reset_while_idle, plain,
         impossible,                                       Cell{success, 1, succeeds, 0}},
        {reset_while_idle, streamed,
         impossible,                                       Cell{success, 1, succeeds, 3}},

        // Section 3, ambiguous: sent, no response byte. Retried by the library, never by libcurl.
        {closed_before_a_byte, plain,
         Cell{connection_error, 2, fails_twice, 0},        Cell{connection_error, 2, fails_twice, 0}},
        {closed_before_a_byte, streamed,
         Cell{connection_error, 2, fails_twice, 0},        Cell{connection_error, 2, fails_twice, 0}},
        {reset_before_a_byte, plain,
         Cell{connection_error, 2, fails_twice, 0},        Cell{connection_error, 2, fails_twice, 0}},
        {reset_before_a_byte, streamed,
         Cell{connection_error, 2, fails_twice, 0},        Cell{connection_error, 2, fails_twice, 0}},

        // Section 3, response begun: retried while nothing was delivered (R7). Section 8: a reset
        // in mid-stream keeps its type.
        {reset_in_body, plain,
         Cell{connection_error, 2, fails_twice, 0},        Cell{connection_error, 2, fails_twice, 0}},
        {reset_in_body, streamed,
         Cell{connection_error, 1, fails, 1},              Cell{connection_error, 1, fails, 1}},
        {short_body, plain,
         Cell{connection_error, 2, fails_twice, 0},        Cell{connection_error, 2, fails_twice, 0}},
        {short_body, streamed,
         Cell{connection_error, 1, fails, 1},              Cell{connection_error, 1, fails, 1}},
        {cut_chunk, plain,
         Cell{connection_error, 2, fails_twice, 0},        Cell{connection_error, 2, fails_twice, 0}},
        {cut_chunk, streamed,
         Cell{connection_error, 1, fails, 1},              Cell{connection_error, 1, fails, 1}},

        // T4: no transport error, and yet no answer. Empty is a ResponseError (section 8), however
        // it was asked for (E3).
        {status_line_only, plain,
         Cell{response_error, 2, fails_twice, 0},          Cell{response_error, 2, fails_twice, 0}},
        {status_line_only, streamed,
         Cell{response_error, 2, fails_twice, 0},          Cell{response_error, 2, fails_twice, 0}},
        {close_delimited_body, plain,
         Cell{success, 1, succeeds, 0},                    Cell{success, 1, succeeds, 0}},
        {close_delimited_body, streamed,
         Cell{success, 1, succeeds, 3},                    Cell{success, 1, succeeds, 3}},
        {cut_close_delimited_body, plain,
         Cell{response_error, 2, fails_twice, 0},          Cell{response_error, 2, fails_twice, 0}},
        {cut_close_delimited_body, streamed,
         Cell{truncated, 1, fails, 1},                     Cell{truncated, 1, fails, 1}},

        // Section 3: complete but not JSON was paid for. E3: whether streamed or not.
        {html, plain,
         Cell{response_error, 1, fails, 0},                Cell{response_error, 1, fails, 0}},
        {html, streamed,
         Cell{response_error, 1, fails, 0},                Cell{response_error, 1, fails, 0}},

        // E1, R7: it counts as the status 503 that it names.
        {error_object, plain,
         Cell{stream_error, 2, fails_twice, 0},            Cell{stream_error, 2, fails_twice, 0}},
        {error_object, streamed,
         Cell{stream_error, 2, fails_twice, 0},            Cell{stream_error, 2, fails_twice, 0}},

        // T5; section 3: response timeouts are not retried by default.
        {stall_before_headers, plain,
         Cell{first_byte_timeout, 1, fails, 0},            Cell{first_byte_timeout, 1, fails, 0}},
        {stall_before_headers, streamed,
         Cell{first_byte_timeout, 1, fails, 0},            Cell{first_byte_timeout, 1, fails, 0}},
        {stall_in_body, plain,
         Cell{idle_timeout, 1, fails, 0},                  Cell{idle_timeout, 1, fails, 0}},
        {stall_in_body, streamed,
         Cell{idle_timeout, 1, fails, 1},                  Cell{idle_timeout, 1, fails, 1}},

        // T5: idle is silence between bytes, however few come.
        {trickle, plain,
         Cell{success, 1, succeeds, 0},                    Cell{success, 1, succeeds, 0}},
        {trickle, streamed,
         Cell{success, 1, succeeds, 3},                    Cell{success, 1, succeeds, 3}},

        // T8: a limit of ours, never retried, neutral.
        {huge_header, plain,
         Cell{limit_exceeded, 1, neutral, 0},              Cell{limit_exceeded, 1, neutral, 0}},
        {huge_header, streamed,
         Cell{limit_exceeded, 1, neutral, 0},              Cell{limit_exceeded, 1, neutral, 0}},

        // T5: looking up is part of connecting. Section 3: not sent, so retried. A connection that
        // is open needs no lookup.
        {slow_name_lookup, plain,
         Cell{connect_timeout, 0, fails_twice, 0},         Cell{success, 1, succeeds, 0}},
        {slow_name_lookup, streamed,
         Cell{connect_timeout, 0, fails_twice, 0},         Cell{success, 1, succeeds, 3}},

        // T6: gzip is accepted.
        {gzip, plain,
         Cell{success, 1, succeeds, 0},                    Cell{success, 1, succeeds, 0}},
        {gzip, streamed,
         Cell{success, 1, succeeds, 3},                    Cell{success, 1, succeeds, 3}},

        // T8: 256 levels of JSON, 8 MiB for an event, 64 MiB for a body.
        {deep_json, plain,
         Cell{limit_exceeded, 1, neutral, 0},              Cell{limit_exceeded, 1, neutral, 0}},
        {deep_json, streamed,
         Cell{limit_exceeded, 1, neutral, 0},              Cell{limit_exceeded, 1, neutral, 0}},
        {largest_event, plain,
         Cell{success, 1, succeeds, 0},                    Cell{success, 1, succeeds, 0}},
        {largest_event, streamed,
         Cell{success, 1, succeeds, 3},                    Cell{success, 1, succeeds, 3}},
        {too_large_event, plain,
         Cell{success, 1, succeeds, 0},                    Cell{success, 1, succeeds, 0}},
        {too_large_event, streamed,
         Cell{limit_exceeded, 1, neutral, 1},              Cell{limit_exceeded, 1, neutral, 1}},

        // S4: U+FFFD in its place, never an error.
        {invalid_utf8, plain,
         Cell{success, 1, succeeds, 0},                    Cell{success, 1, succeeds, 0}},
        {invalid_utf8, streamed,
         Cell{success, 1, succeeds, 3},                    Cell{success, 1, succeeds, 3}},
    };
    // clang-format on
}

// --- one cell -----------------------------------------------------------------------------------

struct Case {
    StartFaultyServer start;
    Fault fault;
    Mode mode;
    Connection connection;
    Cell expected;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << std::left << std::setw(26) << name_of(c.fault) << std::setw(10)
               << (c.mode == Mode::plain ? "plain" : "streamed") << std::setw(8)
               << (c.connection == Connection::fresh ? "fresh" : "reused");
}

std::vector<Case> cases_of(const std::vector<Row>& matrix, StartFaultyServer start) {
    std::vector<Case> cases;
    for (const auto& [fault, mode, fresh, reused] : matrix) {
        if (fresh) cases.push_back({start, fault, mode, Connection::fresh, *fresh});
        if (reused) cases.push_back({start, fault, mode, Connection::reused, *reused});
    }
    return cases;
}

/// Short where the limit is what ends the call.
TimeoutOptions timeouts_for(Fault fault) {
    switch (fault) {
        case Fault::slow_name_lookup:
            return {.connect = 150ms};
        case Fault::stall_before_headers:
            return {.first_byte = 150ms};
        case Fault::stall_in_body:
            return {.idle = 150ms};
        case Fault::trickle:  // Shorter than the answer takes.
            return {.first_byte = 400ms, .idle = 400ms};
        default:
            return {};
    }
}

std::string whole_text(Fault fault) {
    const auto word = fault == Fault::invalid_utf8 ? " tw\xEF\xBF\xBDo" : middle_word(fault);
    return "one" + word + " three";
}

Ending ending_of_timeout(TimeLimit limit) {
    switch (limit) {
        case TimeLimit::connect:
            return connect_timeout;
        case TimeLimit::first_byte:
            return first_byte_timeout;
        case TimeLimit::idle:
            return idle_timeout;
        default:
            return "TimeoutError of another limit";
    }
}

/// By the type of the exception that is being handled, the derived ones first.
Ending ending_of_current_error() {
    try {
        throw;
    } catch (const TimeoutError& error) {
        return ending_of_timeout(error.limit());
    } catch (const ConnectionError&) {
        return connection_error;
    } catch (const StreamError&) {
        return stream_error;
    } catch (const StreamTruncatedError&) {
        return truncated;
    } catch (const ResponseError&) {
        return response_error;
    } catch (const LimitExceededError&) {
        return limit_exceeded;
    } catch (const Error&) {
        return "another Error";
    }
}

BreakerChange operator-(const BreakerChange& after, const BreakerChange& before) {
    return {after.successes - before.successes, after.failures - before.failures,
            after.neutral - before.neutral};
}

/// All that a call shows of itself.
struct Observed {
    Ending ending{};
    std::vector<AttemptInfo> attempts{};
    std::string whole{};     ///< The completion's text, or the partial one's.
    std::string streamed{};  ///< What the callback was given.
    std::size_t chunks = 0;
    Duration duration{};
};

Observed observe(OpenAICloudBackend& backend, Mode mode, const CallOptions& options) {
    const ChatRequest request{.model = "m", .messages = {Message::user("ping")}};
    Observed observed;
    const auto on_chunk = [&](const ChatChunk& chunk) {
        ++observed.chunks;
        observed.streamed += chunk.content();
    };
    const auto start = Clock::now();
    try {
        const auto completion = mode == Mode::plain
                                    ? backend.chat_completion(request, options)
                                    : backend.chat_completion(request, on_chunk, options);
        observed.ending = success;
        observed.attempts = completion.metadata.attempts;
        observed.whole = completion.content();
    } catch (const Error& error) {
        observed.ending = ending_of_current_error();
        observed.attempts = error.attempts();
        if (error.partial() != nullptr) observed.whole = error.partial()->content();
    }
    observed.duration = Clock::now() - start;
    return observed;
}

class FaultMatrix : public ::testing::TestWithParam<Case> {
protected:
    static void TearDownTestSuite() {
        std::cout << "\nfault                     mode      conn.   ending                POSTs    "
                     "breaker  chunks     ms\n"
                  << report().str() << std::endl;
    }

    void SetUp() override {
        auto options = server_->options();
        options.retry.max_retries = 1;
        backend_ = create_openai_backend(options);
        if (GetParam().connection == Connection::reused) {
            ASSERT_EQ(observe(*backend_, Mode::plain, {}).whole, "one two three");
        }
    }

    Observed call() {
        const auto posts = server_->posts();
        const auto breaker = breaker_counts();
        server_->begin_fault();
        auto observed =
            observe(*backend_, GetParam().mode, {.timeouts = timeouts_for(GetParam().fault)});
        cell_ = {observed.ending, server_->posts() - posts, breaker_counts() - breaker,
                 observed.chunks};
        using Milliseconds = std::chrono::duration<double, std::milli>;
        report() << GetParam() << cell_ << std::fixed << std::setprecision(1) << std::setw(9)
                 << Milliseconds(observed.duration).count() << '\n';
        return observed;
    }

    [[nodiscard]] const Cell& cell() const { return cell_; }
    /// The first attempt goes over the connection of the call before, if that is alive.
    [[nodiscard]] static bool expects_reuse() {
        return GetParam().connection == Connection::reused &&
               GetParam().fault != Fault::closed_while_idle &&
               GetParam().fault != Fault::reset_while_idle;
    }

private:
    static std::ostringstream& report() {
        static std::ostringstream lines;
        return lines;
    }
    [[nodiscard]] BreakerChange breaker_counts() const {
        const auto counters = backend_->health()->breaker().snapshot().counters;
        EXPECT_EQ(counters.granted, counters.successes + counters.failures + counters.neutral);
        return {counters.successes, counters.failures, counters.neutral};
    }

    std::unique_ptr<FaultyServer> server_ = GetParam().start(GetParam().fault);
    std::unique_ptr<OpenAICloudBackend> backend_{};
    Cell cell_{};
};

TEST_P(FaultMatrix, EndsAsItsCellStates) {
    const auto observed = call();
    EXPECT_EQ(cell(), GetParam().expected);
    EXPECT_EQ(observed.attempts.size(), GetParam().expected.breaker.attempts());  // B2
    ASSERT_FALSE(observed.attempts.empty());
    EXPECT_EQ(observed.attempts.front().connection_reused, expects_reuse());
    if (observed.ending == success) EXPECT_EQ(observed.whole, whole_text(GetParam().fault));
    if (GetParam().mode == Mode::streamed) {
        EXPECT_EQ(observed.streamed, observed.whole);  // Section 8: partial() has what was given.
    }
    if (GetParam().fault == Fault::trickle) {
        EXPECT_GT(observed.duration, timeouts_for(Fault::trickle).idle);
    }
}

/// "close before a byte", plain, on a fresh connection: CloseBeforeAByteFreshPlain.
std::string test_name(const ::testing::TestParamInfo<Case>& info) {
    std::ostringstream words;
    words << info.param;
    std::string name;
    bool word_begins = true;
    for (const char c : words.str()) {
        const auto letter = static_cast<unsigned char>(c);
        if (std::isalnum(letter) != 0) {
            name += static_cast<char>(word_begins ? std::toupper(letter) : letter);
        }
        word_begins = std::isspace(letter) != 0 || c == '-';
    }
    return name;
}

INSTANTIATE_TEST_SUITE_P(Http1, FaultMatrix,
                         ::testing::ValuesIn(cases_of(http1_matrix(), start_faulty_http1_server)),
                         test_name);

}  // namespace
}  // namespace cloud_backend::test
