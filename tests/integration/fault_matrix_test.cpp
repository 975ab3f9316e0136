#include "fault_matrix.hpp"

#include "../support/faulty_server.hpp"
#include "faulty_http2_server.hpp"
#include "real_server_process.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <vector>

// Every fault on a fresh and on a reused connection, plain and streamed, over each protocol.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

// --- one cell -----------------------------------------------------------------------------------

struct Protocol {
    const char* name = nullptr;
    void (*require)() = nullptr;  ///< For `SetUp()`: what its server needs.
    StartFaultyServer start = nullptr;
};

struct Case {
    Protocol protocol{};
    Position position{};
    Cell expected;

    friend std::ostream& operator<<(std::ostream& out, const Case& c) {
        return out << c.position << c.expected;
    }
};

std::vector<Case> cases_of(const Protocol& protocol, std::span<const Row> rows) {
    std::vector<Case> cases;
    for (const auto& [fault, mode, fresh, reused] : rows) {
        if (fresh) cases.push_back({protocol, {fault, mode, Connection::fresh}, *fresh});
        if (reused) cases.push_back({protocol, {fault, mode, Connection::reused}, *reused});
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
            return {.first_byte = 1s, .idle = 1s};
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
        std::cout << printed_matrix().str() << std::endl;
        printed_matrix().str("");
    }

    void SetUp() override {
        GetParam().protocol.require();
        if (IsSkipped() || HasFatalFailure()) return;
        server_ = GetParam().protocol.start(position().fault);
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
        if (printed_matrix().view().empty()) {
            printed_matrix() << '\n' << GetParam().protocol.name << '\n' << matrix_heading << '\n';
        }
        printed_matrix() << position() << cell << std::right << std::fixed << std::setprecision(1)
                         << std::setw(7) << Milliseconds(duration).count() << '\n';
    }

private:
    static std::ostringstream& printed_matrix() {
        static std::ostringstream lines;
        return lines;
    }

    std::unique_ptr<FaultyServer> server_{};
    std::unique_ptr<OpenAICloudBackend> backend_{};
};

void check_attempts(const Observed& observed, const Case& c) {
    EXPECT_EQ(observed.attempts.size(), c.expected.breaker.attempts());  // B2
    ASSERT_FALSE(observed.attempts.empty());
    EXPECT_EQ(
        observed.attempts.front().connection_reused,
        c.position.connection == Connection::reused && !ends_idle_connection(c.position.fault));
}

void check_text(const Observed& observed, const Position& position) {
    if (observed.ending == Ending::success) {
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

constexpr Protocol http1{"HTTP/1.1", [] {}, start_faulty_http1_server};
INSTANTIATE_TEST_SUITE_P(Http1, FaultMatrix, ::testing::ValuesIn(cases_of(http1, http1_rows())),
                         test_name);

constexpr Protocol http2{"HTTP/2 with TLS",
                         [] {
                             require_programs({"node", "openssl"});
                         },
                         start_faulty_http2_server};
INSTANTIATE_TEST_SUITE_P(Http2, FaultMatrix, ::testing::ValuesIn(cases_of(http2, http2_rows())),
                         test_name);

}  // namespace
}  // namespace cloud_backend::test
