#include "routing/hedged_call.hpp"

#include "failures.hpp"
#include "routing/fallback_call.hpp"
#include "routing/interruption.hpp"
#include "routing/router_metadata.hpp"

#include <algorithm>
#include <memory>
#include <string>

namespace cloud_backend::detail {

namespace {

ErrorDetails given_up() {
    return {.code = ErrorCode::cancelled,
            .message = "it was cancelled: the other backend was quicker"};
}

}  // namespace

HedgedCall::HedgedCall(const HedgePlan& plan)
    : plan_(plan), clock_(plan.options.now, plan.call_options.deadline) {}

ChatCompletion HedgedCall::result() {
    if (auto* answer = std::get_if<ChatCompletion>(&outcome_)) return std::move(*answer);
    if (auto* failure = std::get_if<ErrorDetails>(&outcome_)) raise(std::move(*failure));
    std::rethrow_exception(std::get<std::exception_ptr>(outcome_));
}

// --- asking -------------------------------------------------------------------------------------

std::optional<HedgedCall::Ask> HedgedCall::begin() {
    if (auto interrupted = interruption(plan_.call_options.stop, clock_)) {
        outcome_ = std::move(*interrupted);
        return std::nullopt;
    }
    for (const Side side : {Side::primary, Side::secondary}) {
        runner(side).failure = refusal_of(side);  // F1
        if (!runner(side).failure) return ask(side);
    }
    give_up_on_both();
    return std::nullopt;
}

std::optional<Duration> HedgedCall::hedge_in() const {
    if (!may_hedge()) return std::nullopt;
    const auto usual = plan_.times.p95();
    if (!usual) return std::nullopt;
    const Duration waited = clock_.now() - runner(Side::primary).asked_at;
    return std::max(*usual - waited, Duration::zero());
}

std::optional<HedgedCall::Ask> HedgedCall::hedge() {
    if (!may_hedge() || interruption(plan_.call_options.stop, clock_)) return std::nullopt;
    if (refusal_of(Side::secondary)) return std::nullopt;
    if (!plan_.budget.try_spend(RetryBudget::Cost::retry)) return std::nullopt;
    return ask(Side::secondary);
}

bool HedgedCall::may_hedge() const {
    return !is_done() && !winner_ && runner(Side::primary).state == State::at_work &&
           runner(Side::secondary).state == State::not_asked;
}

HedgedCall::Ask HedgedCall::ask(Side side) {
    Ask ask{side, ask_for(backend(side), plan_.request, plan_.call_options, clock_)};
    runner(side).asked_at = clock_.now();
    runner(side).state = State::at_work;  // From here on nothing throws.
    return ask;
}

Hedge HedgedCall::description() const {
    return {.primary = backend(Side::primary).name,
            .waited = runner(Side::secondary).asked_at - runner(Side::primary).asked_at,
            .secondary = backend(Side::secondary).name,
            .model = model_of(Side::secondary)};
}

// --- what comes of it ---------------------------------------------------------------------------

bool HedgedCall::gave(Side side) {
    if (is_done()) return false;
    if (!winner_) decide_for(side);
    return *winner_ == side;
}

/// A primary that is cancelled would have taken at least as long: without its time, what is usual
/// would become ever shorter.
void HedgedCall::decide_for(Side side) {
    winner_ = side;
    const Runner& primary = runner(Side::primary);
    if (primary.state == State::at_work) plan_.times.add(clock_.now() - primary.asked_at);
    if (runner(other(side)).state == State::at_work) to_cancel_ = other(side);
}

void HedgedCall::answered(Side side, ChatCompletion answer) {
    if (is_done()) return;
    const bool is_the_answer = gave(side);
    runner(side).state = State::over;
    if (!is_the_answer) {
        runner(side).failure = given_up();
        runner(side).failure->attempts = std::move(answer.metadata.attempts);
        return;
    }
    CallMetadata& metadata = answer.metadata;
    note_times(metadata, runner(side).asked_at - clock_.started(), clock_.now() - clock_.started());
    note_answer(metadata, backend(side).name, model_of(side));
    add_the_other(side, metadata);
    const bool hedged = runner(Side::primary).state != State::not_asked &&
                        runner(Side::secondary).state != State::not_asked;
    if (!hedged) plan_.budget.refund();
    outcome_ = std::move(answer);
}

void HedgedCall::failed(Side side, ErrorDetails failure) {
    if (is_done()) return;
    runner(side).state = State::over;
    runner(side).failure = std::move(failure);
    ErrorDetails& kept = *runner(side).failure;
    const Runner& rival = runner(other(side));
    if (winner_ == other(side)) {
        kept.partial.reset();
        if (kept.code == ErrorCode::cancelled) kept.message = given_up().message;
    } else if (winner_ == side || kept.code == ErrorCode::cancelled) {  // F3, F2
        if (!winner_ && rival.state == State::at_work) to_cancel_ = other(side);
        give_up(side);
    } else if (rival.state != State::at_work) {
        give_up(rival.state == State::over ? Side::primary : side);
    }
}

void HedgedCall::threw(std::exception_ptr thrown) {
    if (!is_done()) outcome_ = std::move(thrown);
}

void HedgedCall::broke(Side side, std::exception_ptr thrown) noexcept {
    runner(side).state = State::over;
    if (is_done() || winner_ == other(side)) return;
    if (runner(other(side)).state == State::at_work) to_cancel_ = other(side);
    outcome_ = std::move(thrown);
}

void HedgedCall::give_up(Side side) {
    ErrorDetails failure = *runner(side).failure;
    add_the_other(side, failure);
    outcome_ = std::move(failure);
}

void HedgedCall::give_up_on_both() {
    const auto wait = [this](Side side) { return wait_after(*runner(side).failure); };
    outcome_ = all_failed({failure_of(Side::primary), failure_of(Side::secondary)},
                          std::min(wait(Side::primary), wait(Side::secondary)));
}

/// Its attempts stand where it was asked; of one that is still being cancelled none are known yet.
template <class Outcome>
void HedgedCall::add_the_other(Side side, Outcome& outcome) {
    const Side rest = other(side);
    if (runner(rest).state == State::at_work && winner_) runner(rest).failure = given_up();
    if (!runner(rest).failure) return;
    const auto& attempts = runner(rest).failure->attempts;
    const auto at = rest == Side::primary ? outcome.attempts.begin() : outcome.attempts.end();
    outcome.attempts.insert(at, attempts.begin(), attempts.end());
    outcome.failures.insert(outcome.failures.begin(), failure_of(rest));
}

// --- what it looks at ---------------------------------------------------------------------------

std::optional<ErrorDetails> HedgedCall::refusal_of(Side side) const {
    return backend(side).backend->unavailable(model_of(side));
}

BackendFailure HedgedCall::failure_of(Side side) const {
    return {.backend = backend(side).name,
            .model = std::string(model_of(side)),
            .error = std::make_shared<const ErrorDetails>(*runner(side).failure)};
}

const FallbackBackend& HedgedCall::backend(Side side) const {
    return plan_.backends[static_cast<std::size_t>(side)];
}

std::string_view HedgedCall::model_of(Side side) const {
    return model_for(backend(side), plan_.request.model);
}

}  // namespace cloud_backend::detail
