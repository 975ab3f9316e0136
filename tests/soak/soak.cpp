#include "../support/backend_fixture.hpp"
#include "../support/process_stats.hpp"
#include "caller.hpp"
#include "canceller.hpp"
#include "ledger.hpp"
#include "script.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <CLI/CLI.hpp>
#include <embedded_server.hpp>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Many calls from many threads on one client, while much goes wrong on either side. Every call has
// one outcome, which its script allows; each chunk is delivered once and in order; the server gets
// no request that is not an attempt, and each attempt once; the counters of the circuit breaker and
// the retry budget add up; descriptors and memory do not grow.
namespace cloud_backend::soak {
namespace {

using namespace std::chrono_literals;
using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using embedded_server::Request;
using embedded_server::Socket;

/// Sanitizers hold freed memory back; AddressSanitizer looks for leaks itself.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool keeps_freed_memory = true;
#else
constexpr bool keeps_freed_memory = false;
#endif

struct Options {
    std::uint64_t calls = 50'000;
    std::chrono::seconds time{0};  ///< In place of a number of calls.
    std::size_t threads = 16;
    std::uint64_t seed = std::random_device{}();
};

/// In all arenas of the heap. What is resident also grows with the gaps between what the ledger
/// keeps.
std::size_t allocated_bytes() {
    const struct mallinfo2 heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

AttemptId id_of(const Request& request) {
    const std::string_view key = request.header("Authorization");
    AttemptId id;
    const char* const end = key.data() + key.size();
    const char* const call = key.data() + std::string_view("Bearer ").size();
    const auto [dash, error] = std::from_chars(call, end, id.call);
    std::from_chars(dash + 1, end, id.attempt);
    return id;
}

class Soak {
public:
    explicit Soak(const Options& options) : options_(options) {}

    /// Whether all was as it must be.
    bool run();

private:
    void make_calls();
    void make_round();
    [[nodiscard]] double progress() const;
    void note_state_change(const CircuitStateChange& change);

    void check_breaker();
    void check_budget();
    void await_acceptance();
    void check_server();
    void check_resources(std::size_t descriptors_before);
    void print_summary() const;

    static constexpr std::uint64_t calls_in_round = 500;

    const Options options_;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    const Script script_{options_.seed};
    Violations violations_{};
    Ledger ledger_{};
    Canceller canceller_{};
    EmbeddedServer server_{{.handler =
                                [this](const Request& request) {
                                    const AttemptId id = id_of(request);
                                    ledger_.note_arrival(id);
                                    return script_.answer(id);
                                },
                            .keep_requests = false}};
    std::unique_ptr<OpenAICloudBackend> backend_{};

    std::uint64_t calls_made_ = 0;
    Tally tally_{};
    Ledger::Balance balance_{};
    std::atomic<std::uint64_t> generation_{1};
    std::uint64_t times_opened_ = 0;
    std::size_t memory_early_ = 0;
    std::size_t memory_late_ = 0;
};

bool Soak::run() {
    const auto descriptors_before = test::open_descriptors();
    auto options = Caller::client_options(server_.url());
    options.breaker.on_state_change = [this](const auto& change) { note_state_change(change); };
    backend_ = create_openai_backend(options);
    make_calls();
    check_breaker();
    check_budget();
    backend_.reset();
    check_server();
    check_resources(descriptors_before);
    print_summary();
    return violations_.all().empty();
}

/// In rounds, with a moment between them at which nothing is under way and memory can be compared.
void Soak::make_calls() {
    constexpr double warm = 0.25;
    while (progress() < 1) {
        make_round();
        const std::size_t allocated = allocated_bytes();  // None of a sanitizer's own heap.
        memory_late_ = allocated - std::min(allocated, ledger_.bytes());
        if (memory_early_ == 0 && progress() >= warm) memory_early_ = memory_late_;
    }
}

double Soak::progress() const {
    if (options_.time > 0s) {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_) /
               options_.time;
    }
    return static_cast<double>(calls_made_) / static_cast<double>(options_.calls);
}

void Soak::make_round() {
    const auto end = calls_made_ + calls_in_round;
    ledger_.make_room(end);
    std::atomic<std::uint64_t> next = calls_made_;
    std::vector<std::unique_ptr<Caller>> callers;
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < options_.threads; ++i) {
            auto& caller = *callers.emplace_back(
                std::make_unique<Caller>(*backend_, script_, ledger_, canceller_, violations_));
            threads.emplace_back([&] {
                for (auto call = next++; call < end; call = next++) caller.make_call(call);
            });
        }
    }
    for (const auto& caller : callers) tally_ += caller->tally();
    calls_made_ = end;
}

/// Called by one thread at a time.
void Soak::note_state_change(const CircuitStateChange& change) {
    if (change.generation != ++generation_) violations_.add("a state change is missing");
    times_opened_ += change.to == CircuitState::open;
}

void Soak::check_breaker() {
    const auto snapshot = backend_->health()->breaker().snapshot();
    const auto& counters = snapshot.counters;
    const auto expect_equal = [this](const char* what, std::uint64_t is, std::uint64_t must) {
        if (is == must) return;
        violations_.add(std::string(what) + ": " + std::to_string(is) + ", not " +
                        std::to_string(must));
    };
    expect_equal("permits", counters.granted, tally_.attempts);
    expect_equal("permits in flight", counters.in_flight, 0);
    expect_equal("results of permits",
                 counters.successes + counters.failures + counters.throttled + counters.rejected +
                     counters.neutral + counters.late,
                 tally_.attempts);
    expect_equal("refusals", counters.refused, tally_.refusals);
    expect_equal("generation", snapshot.generation, generation_);
}

/// SPEC R8: retries cost at least 1 of what there was and what successes gave.
void Soak::check_budget() {
    const auto budget = Caller::client_options({}).retry.budget;
    const double most = budget.capacity + budget.refund * static_cast<double>(tally_.successes);
    if (budget.retry_cost * static_cast<double>(tally_.retries) > most) {
        violations_.add("more retries than the budget had");
    }
}

/// Connections are accepted in turn: those of all calls before this one.
void Soak::await_acceptance() {
    server_.enqueue(Answer::status(200).then_close());
    const auto last = Socket::connected_to(server_.port());
    last.send("GET / HTTP/1.1\r\n\r\n");
    (void)last.receive();
}

/// When every connection has been accepted and has ended, everything that was sent has been read.
void Soak::check_server() {
    constexpr std::size_t not_of_calls = 1;
    await_acceptance();
    if (!server_.wait_until([this] { return server_.open_connections() == 0; })) {
        violations_.add("connections stay open");
    }
    balance_ = ledger_.balance(violations_);
    if (balance_.requests + not_of_calls != server_.request_count()) {
        violations_.add("requests of no attempt");
    }
    if (balance_.attempts != tally_.attempts ||
        balance_.attempts != balance_.requests + balance_.given_up + balance_.connections_died +
                                 balance_.never_sent) {
        violations_.add("attempts do not add up");
    }
}

void Soak::check_resources(std::size_t descriptors_before) {
    const auto descriptors = test::open_descriptors();
    if (descriptors != descriptors_before) {
        violations_.add("descriptors: " + std::to_string(descriptors) + ", at first " +
                        std::to_string(descriptors_before));
    }
    // The heap's own play. A leak of 50 bytes in each of 40,000 calls is as large.
    constexpr std::size_t allowance = std::size_t{2} << 20;
    if (!keeps_freed_memory && memory_late_ > memory_early_ + allowance) {
        violations_.add("memory: " + std::to_string(memory_late_ >> 10) + " KiB, at first " +
                        std::to_string(memory_early_ >> 10) + " KiB");
    }
}

void Soak::print_summary() const {
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start_;
    std::cout << tally_.calls << " calls in " << time.count() << " s: ";
    for (const auto& [outcome, count] : tally_.outcomes)
        std::cout << count << ' ' << outcome << "; ";
    std::cout << tally_.attempts << " attempts = " << balance_.requests << " requests + "
              << balance_.given_up << " given up before they arrived + "
              << balance_.connections_died << " lost with a kept connection + "
              << balance_.never_sent << " never sent; " << tally_.retries
              << " retries; circuit opened " << times_opened_ << " times; memory "
              << (memory_early_ >> 10) << " -> " << (memory_late_ >> 10) << " KiB; seed "
              << options_.seed << '\n';
    const auto violations = violations_.all();
    constexpr std::size_t shown = 20;
    for (std::size_t i = 0; i < violations.size() && i < shown; ++i) {
        std::cout << "VIOLATED: " << violations[i] << '\n';
    }
    if (violations.size() > shown) std::cout << "and " << violations.size() - shown << " more\n";
}

}  // namespace
}  // namespace cloud_backend::soak

int main(int argc, char** argv) {
    cloud_backend::soak::Options options;
    std::int64_t seconds = 0;
    CLI::App app("Makes many calls while much goes wrong, and counts everything.");
    app.add_option("--calls", options.calls, "at least so many calls")->capture_default_str();
    app.add_option("--seconds", seconds, "for so long, in place of a number of calls");
    app.add_option("--threads", options.threads)->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--seed", options.seed, "of what goes wrong; random by default");
    CLI11_PARSE(app, argc, argv);
    options.time = std::chrono::seconds(seconds);
    // At once, for whoever has to end a run that hangs.
    std::cout << "seed " << options.seed << std::endl;
    return cloud_backend::soak::Soak(options).run() ? EXIT_SUCCESS : EXIT_FAILURE;
}
