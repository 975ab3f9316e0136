#include <cloud_backend/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
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
void use(CircuitBreaker& breaker, unsigned seed) {
    std::minstd_rand random(seed);
    for (unsigned i = 0; i < attempts_each; ++i) {
        const TimePoint now = TimePoint(1h) + i * 1ms;
        auto admission = breaker.acquire(now, 5ms);
        auto* permit = std::get_if<CircuitBreaker::Permit>(&admission);
        if (permit == nullptr) continue;
        permit->renew(now);
        if (random() % 8 == 0) permit->first_event(now);
        if (random() % 4 != 0) permit->record(static_cast<Outcome>(random() % 5), now);
    }
}

void use_from_all_threads(CircuitBreaker& breaker) {
    std::vector<std::jthread> threads;
    for (unsigned thread = 0; thread < thread_count; ++thread) {
        threads.emplace_back([&breaker, thread] { use(breaker, thread + 1); });
    }
}

TEST(BreakerThreads, CountersAddUp) {
    CircuitBreaker breaker({.fail_max = 3, .reset_timeout = 1ms});
    use_from_all_threads(breaker);
    const auto c = breaker.snapshot().counters;
    EXPECT_EQ(c.in_flight, 0u);
    EXPECT_EQ(c.granted + c.refused, thread_count * attempts_each);
    EXPECT_EQ(c.granted, c.successes + c.failures + c.throttled + c.rejected + c.neutral + c.late);
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
                            }});
    use_from_all_threads(breaker);
    EXPECT_TRUE(in_order);
    EXPECT_GT(generation, 10u);
    EXPECT_EQ(generation, breaker.snapshot().generation);
}

}  // namespace
}  // namespace cloud_backend
