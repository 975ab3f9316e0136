#pragma once

#include "fallback_record.hpp"
#include "fallback_script.hpp"

#include <string>

// Which rule of SPEC 10 (or T1, T7, R7, R10) a call broke; empty: none.
namespace cloud_backend::test {

/// What was delivered, and what the call ended with.
[[nodiscard]] std::string fault_of_delivery(const FallbackScript& script, const CallRecord& record);
/// Who was asked, when, and what was told and reported of it.
[[nodiscard]] std::string fault_of_decisions(const FallbackScript& script,
                                             const CallRecord& record);

/// The first that one of the rules finds.
std::string first_fault(const auto& rules, const FallbackScript& script, const CallRecord& record) {
    for (const auto& rule : rules) {
        auto fault = rule(script, record);
        if (!fault.empty()) return fault;
    }
    return {};
}

}  // namespace cloud_backend::test
