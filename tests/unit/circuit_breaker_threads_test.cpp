#include <cloud_backend/circuit_breaker.hpp>
#include <cloud_backend/endpoint_health.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <random>
#include <thread>
#include <variant>
#include <vector>

// SPEC 5, used by many threads at once.
namespace cloud_backend {
namespace {

using namespace std::chrono_literals;

constexpr unsigned thread_count = 8;
constexpr unsigned attempts_each = 2'000;

/// Every thread moves the time on, so that the circuit opens, probes and closes all along.
void use(CircuitBreaker& breaker, unsigned seed, unsigned attempts = attempts_each) {
    std::minstd_rand random(seed);
    for (unsigned i = 0; i < attempts; ++i) {
        const TimePoint now = TimePoint(1h) + i * 1ms;
        auto admission = breaker.acquire(now, 5ms);
        auto* permit = std::get_if<CircuitBreaker::Permit>(&admission);
        if (permit == nullptr) continue;
        permit->renew(now);
        if (random() % 8 == 0) permit->first_event(now);
        if (random() % 4 != 0) permit->record(static_cast<Outcome>(random() % 5), now);
    }
}

/// All at once: a thread that began alone might be done before the next one.
template <class Work>
void in_all_threads(Work work) {
    std::latch ready(thread_count);
    std::vector<std::jthread> threads;
    for (unsigned thread = 0; thread < thread_count; ++thread) {
        threads.emplace_back([&, thread] {
            ready.arrive_and_wait();
            work(thread);
        });
    }
}

void use_from_all_threads(CircuitBreaker& breaker) {
    in_all_threads([&breaker](unsigned thread) { use(breaker, thread + 1); });
}

std::uint64_t ended(const CircuitBreaker::Counters& c) {
    return c.successes + c.failures + c.throttled + c.rejected + c.neutral + c.late;
}

TEST(BreakerThreads, CountersAddUp) {
    CircuitBreaker breaker({.fail_max = 3, .reset_timeout = 1ms});
    use_from_all_threads(breaker);
    const auto c = breaker.snapshot().counters;
    EXPECT_EQ(c.in_flight, 0u);
    EXPECT_EQ(c.granted + c.refused, thread_count * attempts_each);
    EXPECT_EQ(c.granted, ended(c));
}

TEST(BreakerThreads, ChangesAreToldInOrderAndOneAtATime) {
    std::uint64_t generation = 1;
    CircuitState state = CircuitState::closed;
    bool in_order = true;  // Not atomic: a second teller at once would be a data race.
    CircuitBreaker breaker({.fail_max = 1,
                            .reset_timeout = 1ms,
                            .on_state_change = [&](const CircuitStateChange& change) {
                                in_order &= change.generation == generation + 1;
                                in_order &= change.from == state;
                                generation = change.generation;
                                state = change.to;
                                std::this_thread::yield();  // More happens while it is told.
                            }});
    use_from_all_threads(breaker);
    EXPECT_TRUE(in_order);
    EXPECT_GT(generation, 10u);
    EXPECT_EQ(generation, breaker.snapshot().generation);
}

TEST(BreakerThreads, NoMoreProbesThanAllowedAreOutAtOnce) {
    constexpr int most_probes = 2;
    CircuitBreaker breaker({.fail_max = 1, .reset_timeout = 1ms, .half_open_probes = most_probes});
    std::get<CircuitBreaker::Permit>(breaker.acquire(TimePoint(1h)))
        .record(Outcome::failure, TimePoint(1h));
    std::atomic<int> out = 0;
    std::atomic<int> most_out = 0;
    std::atomic<unsigned> granted = 0;
    in_all_threads([&](unsigned) {
        for (unsigned i = 0; i < attempts_each; ++i) {
            const auto admission = breaker.acquire(TimePoint(2h));
            if (!std::holds_alternative<CircuitBreaker::Permit>(admission)) continue;
            ++granted;
            const int now_out = ++out;
            int most = most_out;
            while (most < now_out && !most_out.compare_exchange_weak(most, now_out)) {
            }
            std::this_thread::yield();
            --out;  // Before the permit goes, which is neutral: the circuit stays half-open.
        }
    });
    EXPECT_LE(most_out, most_probes);
    EXPECT_GT(granted, 0U);
    EXPECT_EQ(breaker.snapshot(TimePoint(2h)).state, CircuitState::half_open);
}

TEST(BreakerThreads, EverySnapshotIsConsistentWhileAnOperatorSwitches) {
    EndpointHealth health({.fail_max = 1, .reset_timeout = 1ms, .half_open_probes = 2});
    std::atomic<unsigned> inconsistent = 0;
    in_all_threads([&](unsigned thread) {
        for (unsigned i = 0; i < attempts_each / 10; ++i) {
            const TimePoint now = TimePoint(1h) + i * 1ms;
            if (thread % 2 == 0) {
                use(health.breaker(), i + 1, 10);
                continue;
            }
            if (i % 3 == 0) health.breaker().isolate();
            if (i % 3 == 1) health.breaker().close();
            if (i % 50 == 2) health.breaker().reset();
            health.throttle(now, 1ms);
            const auto view = health.breaker().snapshot(now);
            const auto& c = view.counters;
            const bool waits = view.next_probe_in.has_value();
            if (c.granted != ended(c) + c.in_flight) ++inconsistent;
            if (view.state == CircuitState::closed && waits) ++inconsistent;
            if (health.throttled_for(now).value_or(1ms) < 1ms) ++inconsistent;
        }
    });
    EXPECT_EQ(inconsistent, 0u);
    EXPECT_EQ(health.breaker().snapshot().counters.in_flight, 0u);
}

}  // namespace
}  // namespace cloud_backend
