#include "storm.hpp"

#include "event_queue.hpp"
#include "server.hpp"
#include "simulated_call.hpp"

#include <cloud_backend/endpoint_health.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <span>

namespace cloud_backend::simulation {

namespace {

using std::chrono::seconds;

/// The run of one scenario.
class Storm {
public:
    Storm(const Scenario& scenario, std::uint64_t seed)
        : scenario_(scenario),
          generator_(seed),
          end_(TimePoint{} + warm_up + scenario.trouble_time + scenario.time_after),
          timeline_(static_cast<std::size_t>(end_.time_since_epoch() / seconds(1))) {
        // Each client has its own, as clients do by default (B5).
        for (std::size_t i = 0; i < scenario.clients; ++i) {
            clients_.emplace_back(scenario.policy.breaker, scenario.policy.retry.budget, random_);
        }
    }

    Timeline run() {
        const TimePoint trouble_begins = TimePoint{} + warm_up;
        events_.at(trouble_begins, [this] { server_.become(scenario_.trouble); });
        events_.at(trouble_begins + scenario_.trouble_time, [this] { server_.become({}); });
        schedule_call();
        events_.run();
        return std::move(timeline_);
    }

private:
    /// Calls come as a Poisson process, each from any client, whatever that client has under way: a
    /// client is a program with many users, who do not know of each other.
    void schedule_call() {
        const double gap = -std::log1p(-random_()) / scenario_.load;
        const TimePoint next = events_.now() + std::chrono::duration_cast<Duration>(
                                                   std::chrono::duration<double>(gap));
        if (next >= end_) return;
        events_.at(next, [this] {
            make_call();
            schedule_call();
        });
    }

    void make_call() {
        const auto client =
            static_cast<std::size_t>(random_() * static_cast<double>(clients_.size()));
        Second& made_in = this_second();
        ++made_in.calls;
        SimulatedCall::start(environment_, clients_[client],
                             {.on_request = [this] { ++this_second().requests; },
                              .on_done =
                                  [&made_in](bool succeeded) {
                                      if (succeeded) ++made_in.succeeded;
                                  }});
    }

    /// What is sent after the end counts for the last second; nobody looks at it.
    Second& this_second() {
        const auto index = static_cast<std::size_t>(events_.now().time_since_epoch() / seconds(1));
        return timeline_[std::min(index, timeline_.size() - 1)];
    }

    const Scenario& scenario_;
    std::mt19937_64 generator_;
    const RandomSource random_ = [this] {
        return std::generate_canonical<double, std::numeric_limits<double>::digits>(generator_);
    };
    const TimePoint end_;
    Timeline timeline_;
    std::deque<EndpointHealth> clients_{};
    EventQueue events_{};
    Server server_{events_, scenario_.server, random_};
    const Environment environment_{events_, server_, scenario_.policy, random_};
};

struct Sum {
    double calls = 0;
    double succeeded = 0;
    double requests = 0;
};

Sum sum(std::span<const Second> part) {
    Sum total;
    for (const Second& second : part) {
        total.calls += second.calls;
        total.succeeded += second.succeeded;
        total.requests += second.requests;
    }
    return total;
}

bool is_well(const Second& second) {
    return second.succeeded >= 0.99 * second.calls;
}

std::optional<seconds> recovery_in(std::span<const Second> after) {
    const auto last_bad = std::find_if_not(after.rbegin(), after.rend(), is_well);
    if (last_bad == after.rbegin()) return std::nullopt;
    return seconds(after.rend() - last_bad);
}

}  // namespace

Timeline run_storm(const Scenario& scenario, std::uint64_t seed) {
    return Storm(scenario, seed).run();
}

Result measure(const Scenario& scenario, const Timeline& timeline) {
    const auto from_trouble = std::span(timeline).subspan(warm_up.count());
    const auto length = static_cast<std::size_t>(scenario.trouble_time.count());
    const Sum trouble = sum(from_trouble.first(length));
    return {.amplification = trouble.requests / trouble.calls,
            .success = trouble.succeeded / trouble.calls,
            .recovery = recovery_in(from_trouble.subspan(length))};
}

bool within(const Bounds& bounds, const Result& result) {
    const auto* limit = std::get_if<seconds>(&bounds.recovery);
    const bool recovers_in_time =
        limit == nullptr || (result.recovery && *result.recovery <= *limit);
    const bool must_not_recover = std::holds_alternative<Never>(bounds.recovery);
    return result.amplification <= bounds.max_amplification &&
           result.success >= bounds.min_success && recovers_in_time &&
           !(must_not_recover && result.recovery);
}

}  // namespace cloud_backend::simulation
