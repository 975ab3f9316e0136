#include "server.hpp"

#include <chrono>
#include <cmath>
#include <utility>

namespace cloud_backend::simulation {

Server::Server(EventQueue& events, ServerOptions options, RandomSource random)
    : events_(events), options_(options), random_(std::move(random)) {}

void Server::become(const Condition& condition) {
    condition_ = condition;
    if (!condition_.listening) drop_all();
    work();
}

void Server::accept(Respond respond) {
    if (queue_.size() >= options_.queue_limit) return respond(Answer::unavailable);
    queue_.push_back(std::move(respond));
    work();
}

void Server::work() {
    if (work_ || queue_.empty() || condition_.speed <= 0) return;
    work_ = events_.after(service_time(), [this] { finish(); });
}

void Server::finish() {
    work_.reset();
    const Respond respond = std::move(queue_.front());
    queue_.pop_front();
    respond(random_() < condition_.fault_rate ? Answer::unavailable : Answer::completion);
    work();
}

void Server::drop_all() {
    if (work_) events_.cancel(*work_);
    work_.reset();
    for (const Respond& respond : std::exchange(queue_, {})) respond(Answer::connection_lost);
}

Duration Server::service_time() const {
    const double factor = options_.random_service_time ? -std::log1p(-random_()) : 1.0;
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(factor / (options_.capacity * condition_.speed)));
}

}  // namespace cloud_backend::simulation
