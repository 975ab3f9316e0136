#pragma once

#include "fallback_world.hpp"

#include <string>

namespace cloud_backend::test {

/// Which rule of SPEC 10 (or T1, T7, R7, R10) the call broke; empty: none.
[[nodiscard]] std::string fault_of(const FallbackScript& script, const CallRecord& record);

}  // namespace cloud_backend::test
