#pragma once

#include "event_queue.hpp"

#include <cloud_backend/clock.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <optional>

namespace cloud_backend::simulation {

struct ServerOptions {
    double capacity = 100;  ///< Requests per second when it is well.
    /// Requests beyond these are answered 503 at once.
    std::size_t queue_limit = std::numeric_limits<std::size_t>::max();
    bool random_service_time = false;  ///< Exponential in place of the same for each request.
};

/// What is wrong with the server for a time.
struct Condition {
    bool listening = true;  ///< Else connections are refused and those there are break.
    double speed = 1;       ///< Share of its capacity; 0 stands still and goes on queueing.
    double fault_rate = 0;  ///< Share of its answers that are a 503.
};

enum class Answer { completion, unavailable, connection_lost };

/// A server that works on one request after another. It does not notice when a client gives up:
/// it works on what nobody waits for any more, which is what makes an overload last.
class Server {
public:
    using Respond = std::function<void(Answer)>;

    Server(EventQueue& events, ServerOptions options, RandomSource random);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void become(const Condition& condition);

    [[nodiscard]] bool listening() const noexcept { return condition_.listening; }
    /// Only while it listens. Whoever answers may do so before this returns.
    void accept(Respond respond);

private:
    void work();
    void finish();
    void drop_all();
    [[nodiscard]] Duration service_time() const;

    EventQueue& events_;
    const ServerOptions options_;
    const RandomSource random_;
    Condition condition_{};
    std::deque<Respond> queue_{};                ///< The first is worked on.
    std::optional<EventQueue::EventId> work_{};  ///< When the first is finished.
};

}  // namespace cloud_backend::simulation
