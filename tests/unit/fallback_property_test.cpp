#include "../support/fallback_invariants.hpp"
#include "../support/fallback_script.hpp"
#include "../support/fallback_world.hpp"
#include "../support/slow_build.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <random>
#include <set>
#include <string>
#include <utility>

// SPEC 10 over random scripts: services on a fake network, functions and routers within routers
// that fail in every way, under callers that stop, throw, cancel and set deadlines.
namespace cloud_backend::test {
namespace {

/// Empty: every call kept every rule.
std::string fault_of(const FallbackScript& script) {
    try {
        FallbackWorld world(script);
        for (const CallScript& call : script.calls) {
            auto fault = fault_of(script, world.run(call));
            if (!fault.empty()) return fault;
        }
    } catch (const std::exception& exception) {
        return std::string("a call ended with ") + exception.what();
    }
    return {};
}

/// The smallest script that can be reached and still breaks a rule.
FallbackScript shrunk(FallbackScript script) {
    for (bool shrinks = true; std::exchange(shrinks, false);) {
        for (const FallbackScript& candidate : smaller(script)) {
            if (fault_of(candidate).empty()) continue;
            script = candidate;
            shrinks = true;
            break;
        }
    }
    return script;
}

/// `--gtest_random_seed` repeats a run.
std::uint64_t first_seed() {
    const auto seed = GTEST_FLAG_GET(random_seed);
    return seed != 0 ? static_cast<std::uint64_t>(seed) : std::random_device{}() % 99'999 + 1;
}

TEST(FallbackProperty, RandomScriptsKeepTheRules) {  // F1 to F6
    constexpr std::uint64_t cases = slow_build ? 5'000 : 100'000;
    const std::uint64_t seed = first_seed();
    std::mt19937_64 random(seed);
    for (std::uint64_t i = 0; i < cases; ++i) {
        const FallbackScript script = random_script(random);
        if (fault_of(script).empty()) continue;
        const FallbackScript smallest = shrunk(script);
        FAIL() << fault_of(smallest) << "\n(--gtest_random_seed=" << seed << ", case " << i << ")\n"
               << smallest;
    }
}

}  // namespace
}  // namespace cloud_backend::test
