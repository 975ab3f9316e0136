#include "simulated_call.hpp"

#include <chrono>
#include <string_view>
#include <utility>
#include <variant>

namespace cloud_backend::simulation {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds network_delay{1};  // One way; a refusal takes as long as an acceptance.

/// Whatever has come when the body ends is the answer.
class AnswerReader final : public ResponseReader {
public:
    std::string_view accept() const override { return "application/json"; }
    void begin(const ResponseHead&) override {}
    Reading on_body(std::string_view) override { return NeedMore{}; }
    Reading on_end() override { return Complete{}; }
};

detail::CallPlan plan_call(const Environment& environment, EndpointHealth& health) {
    static const detail::Credentials credentials("key", true, true);
    static const Hooks hooks;
    static const detail::Log log([](LogLevel, std::string_view) {}, LogLevel::off);
    return {.request = {.url = "https://api.test/v1/chat/completions"},
            .credentials = credentials,
            .timeouts = environment.policy.timeouts,
            .retry = environment.policy.retry,
            .health = health,
            .hooks = hooks,
            .random = environment.random,
            .log = log,
            .now = [&events = environment.events] { return events.now(); }};
}

/// It has no state.
ResponseReader& answer_reader() {
    static AnswerReader reader;
    return reader;
}

}  // namespace

void SimulatedCall::start(const Environment& environment, EndpointHealth& health,
                          Observer observer) {
    std::make_shared<SimulatedCall>(environment, health, std::move(observer))->advance();
}

SimulatedCall::SimulatedCall(const Environment& environment, EndpointHealth& health,
                             Observer observer)
    : environment_(environment),
      observer_(std::move(observer)),
      call_(plan_call(environment, health), answer_reader()) {}

/// As `drive()`, but where that waits this returns, and an event comes back here.
void SimulatedCall::advance() {
    environment_.events.cancel(timer_);
    while (true) {
        const detail::CallStep step = call_.next();
        if (const auto* wait = std::get_if<detail::WaitUntil>(&step)) {
            return wait_until(wait->time);
        }
        if (std::holds_alternative<detail::CallDone>(step)) return observer_.on_done(succeeded());
        ++transfer_;  // A new one, or none.
        if (std::holds_alternative<detail::StartAttempt>(step)) start_transfer();
    }
}

void SimulatedCall::wait_until(TimePoint time) {
    timer_ = environment_.events.at(time, [self = shared_from_this()] { self->advance(); });
}

template <class Action>
auto SimulatedCall::unless_given_up(Action action) {
    return [self = shared_from_this(), transfer = transfer_, action](auto... arguments) {
        if (transfer == self->transfer_) action(*self, arguments...);
    };
}

void SimulatedCall::start_transfer() {
    observer_.on_request();
    environment_.events.after(network_delay,
                              unless_given_up([](SimulatedCall& call) { call.connect(); }));
}

void SimulatedCall::connect() {
    Server& server = environment_.server;
    if (!server.listening()) return fail(TransferFault::not_sent);
    call_.events().on_sent(ConnectionUse::fresh);
    server.accept(unless_given_up([](SimulatedCall& call, Answer answer) {
        call.environment_.events.after(
            network_delay,
            call.unless_given_up([answer](SimulatedCall& receiver) { receiver.receive(answer); }));
    }));
    advance();
}

void SimulatedCall::receive(Answer answer) {
    if (answer == Answer::connection_lost) return fail(TransferFault::interrupted);
    TransferEvents& events = call_.events();
    events.on_header_bytes();
    events.on_head({.status = answer == Answer::completion ? 200 : 503, .framed = true});
    events.on_finished(std::nullopt);
    advance();
}

void SimulatedCall::fail(TransferFault fault) {
    call_.events().on_finished(TransferFailure{.fault = fault});
    advance();
}

bool SimulatedCall::succeeded() {
    try {
        (void)call_.result();
        return true;
    } catch (const Error&) {
        return false;
    }
}

}  // namespace cloud_backend::simulation
