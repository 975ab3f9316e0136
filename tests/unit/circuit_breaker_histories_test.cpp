#include "modelled_breaker.hpp"
#include "slow_build.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <random>
#include <string>

// SPEC 5: histories of a breaker beside a plain model of its rules, all short ones and many others.
namespace cloud_backend {
namespace {

using namespace std::chrono_literals;
using test::Action;
using test::BreakerModel;
using test::BreakerSetup;
using test::ModelledBreaker;
using test::Operation;
using test::Operations;

// --- every history of up to seven operations of three callers
// --------------------------------------

/// What may come next. Callers that are in the same situation are alike: one of them acts.
Operations operations_after(const BreakerModel& model) {
    constexpr std::size_t callers = 3;
    Operations next{{.action = Action::wait, .time = 10s},
                    {.action = Action::wait, .time = 20s},
                    {.action = Action::isolate},
                    {.action = Action::close}};
    const auto* const first = model.permits.begin();
    for (std::size_t caller = 0; caller < callers; ++caller) {
        if (std::find(first, first + caller, model.permits[caller]) != first + caller) continue;
        if (!model.permits[caller]) {
            next.push_back({.action = Action::acquire, .caller = caller});
            continue;
        }
        next.push_back({.action = Action::success, .caller = caller});
        next.push_back({.action = Action::failure, .caller = caller});
        next.push_back({.action = Action::throttled, .caller = caller, .time = 40s});
        next.push_back({.action = Action::neutral, .caller = caller});
        next.push_back({.action = Action::drop, .caller = caller});
    }
    return next;
}

class Exploration {
public:
    explicit Exploration(const BreakerSetup& setup) : setup_(setup) {}

    /// Runs `history` and all that continue it by up to `depth` operations; a breaker cannot be
    /// copied, so each begins anew.
    void explore(Operations& history, int depth) {
        ModelledBreaker breaker(setup_);
        for (const auto& operation : history) breaker.perform(operation);
        ++histories_;
        std::string fault = breaker.fault();
        if (fault.empty() && depth == 0) fault = breaker.fault_of_recovery(histories_ % 2 == 0);
        ASSERT_EQ(fault, "") << testing::PrintToString(history);
        if (depth == 0) return;
        for (const auto& operation : operations_after(breaker.model())) {
            history.push_back(operation);
            explore(history, depth - 1);
            history.pop_back();
            if (testing::Test::HasFatalFailure()) return;
        }
    }

    [[nodiscard]] std::size_t histories() const noexcept { return histories_; }

private:
    BreakerSetup setup_;
    std::size_t histories_ = 0;
};

constexpr int depth = test::slow_build ? 5 : 7;
constexpr std::size_t fewest_histories = test::slow_build ? 2'000 : 150'000;

const Operations trip{{.action = Action::acquire}, {.action = Action::failure}};

void explore_after(Operations beginning, const BreakerSetup& setup) {
    Exploration exploration(setup);
    exploration.explore(beginning, depth);
    EXPECT_GT(exploration.histories(), fewest_histories) << "hardly anything was explored";
}

TEST(CircuitBreakerInterleavings, FromTheStart) {
    explore_after({}, {.fail_max = 2});
}

TEST(CircuitBreakerInterleavings, WhileOpen) {
    explore_after(trip, {.fail_max = 1});
}

TEST(CircuitBreakerInterleavings, WithAResultOfBeforeTheTripStillToCome) {
    Operations beginning{{.action = Action::acquire, .caller = 0},
                         {.action = Action::acquire, .caller = 1},
                         {.action = Action::failure, .caller = 1},
                         {.action = Action::wait, .time = 30s}};
    explore_after(beginning, {.fail_max = 1});
}

TEST(CircuitBreakerInterleavings, WithTwoProbesAtOnce) {
    Operations beginning = trip;
    beginning.push_back({.action = Action::wait, .time = 30s});
    beginning.push_back({.action = Action::acquire});
    explore_after(beginning, {.fail_max = 1, .most_probes = 2});
}

// --- random histories, longer and with more to happen --------------------------------------------

class RandomHistory {
public:
    explicit RandomHistory(std::minstd_rand& random) : random_(random) {}

    BreakerSetup setup() {
        constexpr std::array leases{10s, 45s, 200s};
        return {.fail_max = 1 + pick(3),
                .most_probes = 1 + pick(2),
                .lease = leases.at(static_cast<std::size_t>(pick(3)))};
    }

    Operation operation_after(const BreakerModel& model) {
        const auto caller = static_cast<std::size_t>(pick(BreakerModel::caller_count));
        const int kind = pick(100);
        if (kind < 3) return any_of(std::array{Action::isolate, Action::close, Action::reset});
        if (kind < 5) return {.action = Action::throttle_endpoint, .time = seconds(100)};
        if (kind < 20) return {.action = Action::wait, .time = seconds(35)};
        if (!model.permits[caller]) return {.action = Action::acquire, .caller = caller};
        auto operation = any_of(std::array{Action::success, Action::failure, Action::failure,
                                           Action::throttled, Action::rejected, Action::neutral,
                                           Action::drop, Action::first_event, Action::renew});
        operation.caller = caller;
        operation.time = pick(3) == 0 ? seconds(150) - 10s : 0s;
        return operation;
    }

private:
    int pick(std::size_t n) { return static_cast<int>(random_() % n); }
    std::chrono::seconds seconds(std::size_t below) { return std::chrono::seconds(pick(below)); }

    template <std::size_t N>
    Operation any_of(const std::array<Action, N>& actions) {
        return {.action = actions.at(static_cast<std::size_t>(pick(N)))};
    }

    std::minstd_rand& random_;
};

TEST(CircuitBreakerHistories, KeepTheInvariants) {
    constexpr int histories = test::slow_build ? 10'000 : 1'000'000;
    constexpr int length = 24;
    const auto seed = std::random_device{}();
    std::minstd_rand random(seed);
    for (int i = 0; i < histories; ++i) {
        RandomHistory chance(random);
        ModelledBreaker breaker(chance.setup());
        Operations history;
        std::string fault;
        while (fault.empty() && history.size() < length) {
            history.push_back(chance.operation_after(breaker.model()));
            breaker.perform(history.back());
            fault = breaker.fault();
        }
        if (fault.empty()) fault = breaker.fault_of_recovery(i % 2 == 0);
        ASSERT_EQ(fault, "") << "seed " << seed << ", history " << i << ": "
                             << testing::PrintToString(history);
    }
}

}  // namespace
}  // namespace cloud_backend
