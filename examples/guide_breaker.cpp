// Retries and the circuit breaker, against a server that is down for a while.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <chrono>
#include <iostream>

namespace {

namespace cb = cloud_backend;
using namespace std::chrono_literals;

//! [hooks]
void report_retry(const cb::CallInfo&, const cb::AttemptInfo& attempt) {
    std::cout << "status " << attempt.status << ", asked again\n";
}

void report_circuit(const cb::CircuitStateChange& change) {
    if (change.to == cb::CircuitState::open) std::cout << "the circuit opens\n";
    if (change.to == cb::CircuitState::closed) std::cout << "the circuit is closed\n";
}
//! [hooks]

/// True if it was answered.
bool ask(cb::ChatBackend& backend) try {
    const auto answer =
        backend.chat_completion({.model = "gpt-4o-mini", .messages = {cb::Message::user("ping")}});
    std::cout << answer.content() << '\n';
    return true;
    //! [refused]
} catch (const cb::CircuitBreakerError& error) {
    std::cout << "nothing was sent, again in less than "
              << std::chrono::ceil<std::chrono::minutes>(error.retry_in()).count() << " minutes\n";
    return false;
    //! [refused]
} catch (const cb::InternalServerError& error) {
    std::cout << "given up after " << error.attempts().size() << " attempts\n";
    return false;
}

}  // namespace

int main() try {
    embedded_server::EmbeddedServer server;
    for (int i = 0; i < 3; ++i) server.enqueue(embedded_server::Answer::json(503, "{}"));

    //! [options]
    const auto backend = cb::create_openai_backend(
        {.base_url = server.url(),
         .api_key = "any",
         .deadline = 30s,  // Over all attempts and waits of a call.
         .retry = {.max_retries = 2, .max_backoff = 10ms},
         .breaker = {.fail_max = 3, .reset_timeout = 90s, .on_state_change = report_circuit},
         .hooks = {.on_retry = report_retry}});
    //! [options]
    ask(*backend);
    ask(*backend);

    //! [shared]
    // Another client of the same server, which knows what the first one has seen.
    const auto other = cb::create_openai_backend(
        {.base_url = server.url(), .api_key = "any", .health = backend->health()});
    if (other->is_circuit_open()) std::cout << "the other one does not ask either\n";
    //! [shared]

    //! [operator]
    cb::CircuitBreaker& breaker = backend->health()->breaker();
    breaker.isolate();  // An operator's switch: refuses everything,
    breaker.close();    // until it is closed again.
    //! [operator]
    return ask(*other) ? 0 : 1;
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
