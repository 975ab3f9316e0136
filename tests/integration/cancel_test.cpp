#include "../support/cancel_scenarios.hpp"

#include <gtest/gtest.h>

#include <chrono>

// SPEC T1. Loose, so that it holds under sanitizers; benchmarks/cancel_latency measures.
namespace cloud_backend::test {
namespace {

class Cancel : public ::testing::TestWithParam<CancelScenario> {};

TEST_P(Cancel, EndsTheCallAtOnce) {
    EXPECT_LE(GetParam().run(), std::chrono::milliseconds(250));
}

INSTANTIATE_TEST_SUITE_P(InEachPhase, Cancel, ::testing::ValuesIn(cancel_scenarios()),
                         [](const auto& scenario) {
                             std::string name = scenario.param.name;
                             std::erase_if(name, [](char c) { return c == ' ' || c == '-'; });
                             return name;
                         });

}  // namespace
}  // namespace cloud_backend::test
