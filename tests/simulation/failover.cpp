#include "failover.hpp"

#include "coroutine.hpp"
#include "event_queue.hpp"
#include "simulated_transport.hpp"

#include <cloud_backend/endpoint_health.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/openai.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <utility>

namespace cloud_backend::simulation {

namespace {

using std::chrono::seconds;

constexpr std::array backends{Backend::first, Backend::second};
constexpr std::array<const char*, 2> names{"first", "second"};
/// Says which call a request is of.
constexpr const char* call_header = "x-call";

constexpr std::size_t index_of(Backend backend) {
    return static_cast<std::size_t>(backend);
}

using BackendPair = std::array<std::shared_ptr<OpenAICloudBackend>, 2>;

struct Client {
    BackendPair backends;
    std::unique_ptr<FallbackRouter> router;
};

const ChatRequest request{.model = "m", .messages = {Message::user("ping")}};

/// The run of one scenario.
class Failover {
public:
    Failover(const FailoverScenario& scenario, Delivery delivery, std::uint64_t seed)
        : scenario_(scenario), delivery_(delivery), generator_(seed) {
        for (const Backend backend : backends) networks_.at(index_of(backend)) = network(backend);
        straight_ = make_backend(scenario.second ? Backend::first : Backend::second, nullptr);
        const bool one_health = scenario.health == HealthOwner::all_clients;
        for (std::size_t i = 0; i < failover_clients; ++i) {
            add_client(one_health && i > 0 ? &clients_.front() : nullptr);
        }
    }

    FailoverRun run() {
        become(scenario_.first.value_or(Outage{}), scenario_.second.value_or(Outage{}),
               trouble_begins_);
        become({}, {}, trouble_ends_);
        keep_calling(TimePoint{}, end_, [this] { make_call(); });
        keep_calling(trouble_begins_, trouble_ends_, [this] { call_straight(); });
        events_.run();
        return std::move(run_);
    }

private:
    // --- the world ---

    std::shared_ptr<SimulatedTransport> network(Backend backend) {
        return std::make_shared<SimulatedTransport>(
            events_, random_, names.at(index_of(backend)),
            SimulatedTransport::Observer{
                .on_request = [this, backend](const HttpRequest& sent) { note(sent, backend); },
                .on_answer =
                    [this](const HttpRequest& sent) {
                        if (RoutedCall* call = call_of(sent)) ++call->answers;
                    }});
    }

    std::shared_ptr<OpenAICloudBackend> make_backend(Backend backend,
                                                     std::shared_ptr<EndpointHealth> health) {
        return std::make_shared<OpenAICloudBackend>(
            ClientOptions{.api_key = "key",
                          .timeouts = failover_timeouts,
                          .log = [](LogLevel, std::string_view) {},
                          .transport = networks_.at(index_of(backend)),
                          .health = std::move(health),
                          .random = random_});
    }

    /// With the healths of another, if there is one.
    void add_client(const Client* other) {
        BackendPair own;
        std::vector<FallbackBackend> in_order;
        for (const Backend backend : backends) {
            const std::size_t i = index_of(backend);
            own.at(i) = make_backend(backend, other ? other->backends.at(i)->health() : nullptr);
            in_order.push_back({.name = names.at(i), .backend = own.at(i)});
        }
        const FallbackOptions options{.now = [this] { return events_.now(); }};
        clients_.push_back({own, std::make_unique<FallbackRouter>(in_order, options)});
    }

    void become(const Outage& first, const Outage& second, TimePoint time) {
        events_.at(time, [this, first, second] {
            networks_[0]->become(first);
            networks_[1]->become(second);
        });
    }

    [[nodiscard]] bool ill(Backend backend) const {
        const bool in_trouble = events_.now() >= trouble_begins_ && events_.now() < trouble_ends_;
        return in_trouble && (backend == Backend::first ? scenario_.first : scenario_.second);
    }

    // --- calls ---

    /// A Poisson process.
    void keep_calling(TimePoint from, TimePoint to, const std::function<void()>& call) {
        const double gap = -std::log1p(-random_()) / failover_load;
        const TimePoint next =
            from + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(gap));
        if (next >= to) return;
        events_.at(next, [this, next, to, call] {
            call();
            keep_calling(next, to, call);
        });
    }

    /// `body` makes a call, which blocks.
    void start(std::function<void()> body) {
        coroutines_.remove_if([](const Coroutine& coroutine) { return coroutine.done(); });
        coroutines_.emplace_back(std::move(body)).resume();
    }

    /// Each is of any client, even if that has one in progress: a program with many users.
    void make_call() {
        const auto client = static_cast<std::size_t>(random_() * failover_clients);
        RoutedCall& call =
            run_.calls.emplace_back(RoutedCall{.client = client, .made = events_.now()});
        const auto& own = clients_.at(client).backends;
        call.past_unavailable = own[0]->unavailable() || own[1]->unavailable();
        const std::string number = std::to_string(run_.calls.size() - 1);
        start([this, &call, number] { complete(call, number); });
    }

    void complete(RoutedCall& call, const std::string& number) {
        const CallOptions options{.headers = {{call_header, number}}};
        try {
            std::string delivered;
            const ChatCompletion answer = ask(*clients_.at(call.client).router, options, delivered);
            call.attempts = answer.metadata.attempts.size();
            const auto by = answer.metadata.backend == names[0] ? Backend::first : Backend::second;
            call.answered_by = by;
            const std::string words = networks_.at(index_of(by))->words();
            call.intact = delivered == words && answer.content() == words;
        } catch (const Error& error) {
            call.attempts = error.attempts().size();
        }
        call.done = events_.now();
    }

    ChatCompletion ask(ChatBackend& backend, const CallOptions& options, std::string& delivered) {
        if (delivery_ == Delivery::streamed) {
            const auto take = [&](const ChatChunk& chunk) { delivered += chunk.content(); };
            return backend.chat_completion(request, take, options);
        }
        ChatCompletion answer = backend.chat_completion(request, options);
        delivered = answer.content();
        return answer;
    }

    void call_straight() {
        start([this] {
            const TimePoint made = events_.now();
            try {
                std::string delivered;
                (void)ask(*straight_, {}, delivered);
                run_.straight.push_back(events_.now() - made);
            } catch (const Error&) {  // NOLINT(bugprone-empty-catch): both are ill.
            }
        });
    }

    // --- what the servers see ---

    /// None: of a call that went straight.
    RoutedCall* call_of(const HttpRequest& sent) {
        const std::string* number = find_header(sent.headers, call_header);
        return number == nullptr ? nullptr : &run_.calls.at(std::stoul(*number));
    }

    void note(const HttpRequest& sent, Backend backend) {
        RoutedCall* call = call_of(sent);
        if (call == nullptr) return;
        ++call->requests;
        if (ill(backend)) ++run_.requests_to_the_ill;
        EndpointHealth& health =
            *clients_.at(call->client).backends.at(index_of(backend))->health();
        if (health.breaker().state(events_.now()) == CircuitState::closed) return;
        const bool one_health = scenario_.health == HealthOwner::all_clients;
        run_.probes.push_back(
            {.at = events_.now(), .backend = backend, .health = one_health ? 0 : call->client});
    }

    const FailoverScenario& scenario_;
    const Delivery delivery_;
    std::mt19937_64 generator_;
    const RandomSource random_ = [this] {
        return std::generate_canonical<double, std::numeric_limits<double>::digits>(generator_);
    };
    const TimePoint trouble_begins_ = TimePoint{} + trouble_begins;
    const TimePoint trouble_ends_ = trouble_begins_ + scenario_.trouble_time;
    const TimePoint end_ = trouble_ends_ + time_after_trouble;
    FailoverRun run_{};
    EventQueue events_{};
    std::array<std::shared_ptr<SimulatedTransport>, 2> networks_{};
    std::deque<Client> clients_{};
    std::shared_ptr<OpenAICloudBackend> straight_{};
    std::list<Coroutine> coroutines_{};
};

}  // namespace

FailoverRun run_failover(const FailoverScenario& scenario, Delivery delivery, std::uint64_t seed) {
    return Failover(scenario, delivery, seed).run();
}

}  // namespace cloud_backend::simulation
