// What the circuit breaker costs an attempt, alone and beside other threads.
#include <cloud_backend/circuit_breaker.hpp>
#include <cloud_backend/clock.hpp>

#include <benchmark/benchmark.h>

#include <variant>

namespace cloud_backend::benchmarks {
namespace {

void acquire_and_record(benchmark::State& state) {
    static CircuitBreaker breaker;
    const TimePoint now = Clock::now();
    for (auto _ : state) {
        auto admission = breaker.acquire(now);
        auto* permit = std::get_if<CircuitBreaker::Permit>(&admission);
        if (permit == nullptr) {
            state.SkipWithError("refused");
            break;
        }
        permit->record(Outcome::success, now);
    }
}
BENCHMARK(acquire_and_record)->Threads(1)->Threads(8)->UseRealTime();

}  // namespace
}  // namespace cloud_backend::benchmarks
