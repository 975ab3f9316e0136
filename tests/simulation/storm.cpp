#include "storm.hpp"

#include "event_queue.hpp"
#include "server.hpp"
#include "simulated_call.hpp"

#include <cloud_backend/endpoint_health.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <random>
#include <span>
#include <utility>
#include <variant>

namespace cloud_backend::simulation {

namespace {

using std::chrono::seconds;

/// Has a health of its own, as clients do by default (B5).
struct Client {
    explicit Client(const Policy& policy, const RandomSource& random)
        : health(policy.breaker, policy.retry.budget, random) {}

    EndpointHealth health;
    int calls_in_progress = 0;
};

/// The run of one scenario.
class Storm {
public:
    Storm(const Scenario& scenario, std::uint64_t seed)
        : scenario_(scenario),
          generator_(seed),
          end_(TimePoint{} + warm_up + scenario.trouble_time + scenario.time_after),
          timeline_(static_cast<std::size_t>(end_.time_since_epoch() / seconds(1))) {
        for (std::size_t i = 0; i < scenario.clients; ++i) {
            clients_.emplace_back(scenario.policy, random_);
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
    /// Calls come as a Poisson process, each from any of the clients.
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
        Client& client = clients_[pick_client()];
        if (scenario_.concurrency == Concurrency::one_call && client.calls_in_progress > 0) return;
        ++client.calls_in_progress;
        Second& made_in = this_second();
        ++made_in.calls;
        SimulatedCall::start(environment_, client.health,
                             {.on_request = [this] { ++this_second().requests; },
                              .on_done =
                                  [&client, &made_in](bool succeeded) {
                                      --client.calls_in_progress;
                                      if (succeeded) ++made_in.succeeded;
                                  }});
    }

    std::size_t pick_client() const {
        return static_cast<std::size_t>(random_() * static_cast<double>(clients_.size()));
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
    std::deque<Client> clients_{};
    EventQueue events_{};  // Holds calls, which must go before their clients.
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

/// A second holds fewer than a hundred calls: one that fails would be more than 1 % of them.
constexpr std::size_t recovery_window = 10;

std::optional<seconds> recovery_in(std::span<const Second> after) {
    if (after.size() < recovery_window) return std::nullopt;
    const std::size_t last = after.size() - recovery_window;
    std::size_t recovered = last + 1;
    while (recovered > 0) {
        const Sum window = sum(after.subspan(recovered - 1, recovery_window));
        if (window.succeeded < 0.99 * window.calls) break;
        --recovered;
    }
    if (recovered > last) return std::nullopt;
    return seconds(recovered);
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
