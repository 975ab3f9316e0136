#pragma once

#include "call.hpp"
#include "event_queue.hpp"
#include "server.hpp"

#include <cloud_backend/endpoint_health.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/response_reader.hpp>

#include <functional>
#include <memory>

namespace cloud_backend::simulation {

/// How a client behaves: the options of the library.
struct Policy {
    RetryOptions retry{};
    CircuitBreakerOptions breaker{};
    TimeoutOptions timeouts{};
};

/// What all calls of a simulation share.
struct Environment {
    EventQueue& events;
    Server& server;
    const Policy& policy;
    const RandomSource& random;
};

/// One call of a client: drives the library's own `Call` on virtual time, as the library's driver
/// does on a thread's. Lives until it is done and no answer to it is under way.
class SimulatedCall : public std::enable_shared_from_this<SimulatedCall> {
public:
    struct Observer {
        std::function<void()> on_request{};
        std::function<void(bool succeeded)> on_done{};
    };

    /// `environment` and `health` must outlive the call.
    static void start(const Environment& environment, EndpointHealth& health, Observer observer);

    SimulatedCall(const Environment& environment, EndpointHealth& health, Observer observer);

private:
    void advance();
    void wait_until(TimePoint time);
    void start_transfer();
    void connect();
    void receive(Answer answer);
    void fail(TransferFault fault);
    [[nodiscard]] bool succeeded();
    /// Does nothing once the transfer that was under way when it was made has been given up.
    template <class Action>
    [[nodiscard]] auto unless_given_up(Action action);

    const Environment& environment_;
    const Observer observer_;
    detail::Call call_;
    EventQueue::EventId timer_{};
    std::size_t transfer_ = 0;  ///< The number of the one under way.
};

}  // namespace cloud_backend::simulation
