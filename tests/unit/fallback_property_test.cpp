#include "../support/chosen_seed.hpp"
#include "../support/fallback_rules.hpp"
#include "../support/fallback_script.hpp"
#include "../support/fallback_world.hpp"
#include "../support/slow_build.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

// SPEC 10 over random scripts: services on a fake network, functions and routers within routers
// that fail in every way, under callers that stop, throw, cancel and set deadlines.
namespace cloud_backend::test {
namespace {

/// How often calls ended in which way.
using Endings = std::map<std::string_view, std::size_t>;

std::string_view ending_of(const CallRecord& record) {
    if (const auto* answer = std::get_if<ChatCompletion>(&record.outcome)) {
        if (record.stopped_at) return "stopped by the callback";
        return answer->metadata.failures.empty() ? "answered at once" : "answered by another";
    }
    const auto* error = std::get_if<Error>(&record.outcome);
    if (error == nullptr) return "exception of the callback";
    if (error->code() == ErrorCode::cancelled) return "cancelled";
    if (error->partial() != nullptr) return "failed after delivery";
    if (error->code() == ErrorCode::timeout) return "deadline";
    return error->code() == ErrorCode::all_backends_failed ? "all failed" : "fault of the request";
}

std::string shown(const CallRecord& record) {
    std::ostringstream text;
    text << record;
    return text.str();
}

/// Empty: every call kept every rule, and went the same way in either form.
std::string fault_of(const FallbackScript& script, Endings& endings) {
    try {
        FallbackWorld world(script);
        FallbackWorld asynchronous(script, CallForm::asynchronous);
        for (const CallScript& call : script.calls) {
            const CallRecord record = world.run(call);
            auto fault =
                first_fault(std::array{fault_of_delivery, fault_of_decisions}, script, record);
            if (!fault.empty()) return fault;
            const std::string expected = shown(record), other = shown(asynchronous.run(call));
            if (other != expected) return "blocking:\n" + expected + "asynchronous:\n" + other;
            ++endings[ending_of(record)];
        }
    } catch (const std::exception& exception) {
        return std::string("a call ended with ") + exception.what();
    }
    return {};
}

std::string fault_of(const FallbackScript& script) {
    Endings endings;
    return fault_of(script, endings);
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

TEST(FallbackProperty, RandomScriptsKeepTheRules) {  // F1 to F6
    constexpr std::size_t cases = slow_build ? 5'000 : 100'000;
    const std::uint64_t seed = chosen_seed();
    std::mt19937_64 random(seed);
    Endings endings;
    for (std::size_t i = 0; i < cases; ++i) {
        const FallbackScript script = random_script(random);
        if (fault_of(script, endings).empty()) continue;
        const FallbackScript smallest = shrunk(script);
        FAIL() << fault_of(smallest) << "\n(--gtest_random_seed=" << seed << ", case " << i << ")\n"
               << smallest;
    }
    EXPECT_EQ(endings.size(), 9u);
    for (const auto& [ending, calls] : endings) {
        std::cout << ending << ": " << calls << '\n';
        EXPECT_GT(calls, cases / 200) << "hardly any call ended so";
    }
}

}  // namespace
}  // namespace cloud_backend::test
