#pragma once

#include "event_queue.hpp"
#include "server.hpp"

#include <cloud_backend/clock.hpp>
#include <cloud_backend/transport.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cloud_backend::simulation {

/// How a server and the way to it are ill.
struct Outage {
    Condition condition{};
    bool reachable = true;  ///< Else whatever is sent is lost, and connecting does not end.
    std::optional<std::chrono::seconds> retry_after{};  ///< Said with its 503s.
};

/// A server of chat completions and the network before it, on virtual time. Calls through it are
/// made by coroutines.
class SimulatedTransport final : public HttpTransport {
public:
    struct Observer {
        std::function<void(const HttpRequest&)> on_request{};
        std::function<void(const HttpRequest&)> on_answer{};  ///< Its last byte was received.
    };

    SimulatedTransport(EventQueue& events, const RandomSource& random, std::string name,
                       Observer observer);

    std::unique_ptr<TransferLoop> open_loop() override;
    TimePoint now() const noexcept override { return events_.now(); }

    /// As it is without an outage: it answers whatever it is asked, at once.
    void become(const Outage& outage);

    /// What every answer says; it names the server.
    [[nodiscard]] std::string words() const;

private:
    class Loop;

    /// Connections stay open, and nothing comes over them.
    [[nodiscard]] bool silent() const { return !outage_.reachable || outage_.condition.speed <= 0; }

    EventQueue& events_;
    const std::string name_;
    const Observer observer_;
    Outage outage_{};
    Server server_;
};

}  // namespace cloud_backend::simulation
