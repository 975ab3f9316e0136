#include "call.hpp"

#include "call_log.hpp"
#include "core/bounded_duration.hpp"
#include "core/rate_limits.hpp"
#include "core/redact.hpp"
#include "failures.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace cloud_backend::detail {

namespace {

using std::chrono::milliseconds;

/// B3: as long as a silent attempt can last by its own limits, and a bit.
Duration probe_lease(const TimeoutOptions& timeouts) {
    constexpr milliseconds slack{10'000};
    constexpr milliseconds longest{3'600'000};
    const auto length = [&](milliseconds limit) {
        return limit > milliseconds::zero() ? std::min(limit, longest) : longest;
    };
    return length(timeouts.connect) + length(timeouts.first_byte) + slack;
}

/// What the call would wait for at a server's wish (R4, F4).
milliseconds longest_retry_after(const CallPlan& plan) {
    const milliseconds longest = plan.retry.max_retry_after;
    return plan.max_retry_wait ? std::min(longest, *plan.max_retry_wait) : longest;
}

/// Not only of this request.
bool is_of_the_endpoint(const Assessment& assessment) {
    return assessment.outcome == Outcome::failure || assessment.outcome == Outcome::throttled;
}

/// E2: a server may quote the key anywhere.
void mask(ErrorDetails& details, const HttpRequest& request) {
    const auto secrets = secrets_of(request.headers, {request.secret});
    auto& api = details.api;
    for (std::string* text :
         {&details.message, &details.request_id, &api.code, &api.type, &api.param, &api.body}) {
        *text = mask_secrets(std::move(*text), secrets);
    }
}

}  // namespace

Call::Call(CallPlan plan, ResponseReader& reader)
    : plan_(std::move(plan)),
      clock_(plan_.now, plan_.deadline),
      hooks_(std::move(plan_.subject), plan_.request.headers, plan_.hooks, plan_.log, clock_),
      reader_(reader) {
    hooks_.tell(&Hooks::on_call_started);
}

Call::~Call() {
    if (state_ == State::done) return;
    if (state_ == State::over) {
        report_end(error_code());
        return;
    }
    if (state_ == State::attempting) {
        hooks_.tell(&Hooks::on_attempt_finished, AttemptInfo{.number = attempt_number(),
                                                             .error = ErrorCode::cancelled,
                                                             .end = AttemptEnd::ended_by_caller});
    }
    end_between_attempts();
    report_end(ErrorCode::cancelled);
}

CallStep Call::next() {
    while (true) {
        if (plan_.stop.stop_requested()) cancel();
        switch (state_) {
            case State::due:
                begin_attempt();
                if (state_ == State::attempting) return StartAttempt{};
                break;
            case State::attempting:
                note_first_chunk();
                attempt_->check_time();
                if (attempt_->wants_transfer()) return WaitUntil{attempt_->next_timer()};
                if (attempt_->transfer_running()) {
                    attempt_->on_aborted();
                    return AbortAttempt{};
                }
                conclude_attempt();
                break;
            case State::waiting:
                if (clock_.now() < retry_at_) return WaitUntil{retry_at_};
                state_ = State::due;
                break;
            case State::over:
                report_end(error_code());
                break;
            case State::done:
                return CallDone{};
        }
    }
}

void Call::skip(Duration time) noexcept {
    clock_.skip(time);
    skip_limits(time);
}

void Call::skip_limits(Duration time) noexcept {
    if (attempt_) attempt_->skip(time);
}

void Call::pause() noexcept {
    if (attempt_) attempt_->pause();
}

/// Unless the result is known.
void Call::cancel() {
    if (state_ == State::attempting) return attempt_->cancel();
    if (state_ == State::over || state_ == State::done) return;
    if (state_ == State::waiting) metadata_.attempts.back().end = AttemptEnd::ended_by_caller;
    failure_ = std::make_unique<ErrorDetails>(cancellation());
    end_between_attempts();
}

void Call::end_between_attempts() noexcept {
    metadata_.total_time = clock_.now() - clock_.started();
    state_ = State::over;
}

// --- before an attempt --------------------------------------------------------------------------

void Call::begin_attempt() {
    const TimePoint now = clock_.now();
    if (const auto left = clock_.time_left(now); left && *left <= Duration::zero()) {
        return refuse(timeout_failure(TimeLimit::deadline, plan_.timeouts, {}),
                      AttemptEnd::deadline);
    }
    if (const auto pause = plan_.health.throttled_for(now)) {  // B5
        return refuse(still_throttled(*pause), AttemptEnd::retry_after_too_long);
    }
    auto admission = plan_.health.breaker().acquire(now, probe_lease(plan_.timeouts));  // B2
    if (const auto* refusal = std::get_if<CircuitBreaker::Refusal>(&admission)) {
        return refuse(circuit_refusal(refusal->retry_in), AttemptEnd::circuit_open);
    }
    std::string key;
    if (!ask_key(key)) return end_between_attempts();
    hooks_.tell(&Hooks::on_attempt_started, attempt_number());
    hooks_.carry_trace(plan_.request.headers, plan_.credentials);
    authorize(std::move(key));
    attempt_.emplace(AttemptOptions{plan_.timeouts, plan_.retry, plan_.stop},
                     std::get<CircuitBreaker::Permit>(std::move(admission)), clock_, reader_);
    state_ = State::attempting;
}

/// R12: a retry that may not be made leaves the call with the last real error.
void Call::refuse(ErrorDetails refusal, AttemptEnd end) {
    if (failure_) {
        metadata_.attempts.back().end = end;
    } else {
        failure_ = std::make_unique<ErrorDetails>(std::move(refusal));
    }
    end_between_attempts();
}

/// R11: the key is asked for anew; a key function is user code. False: the call ends with what that
/// threw, or with why the key must not be sent.
bool Call::ask_key(std::string& key) {
    failure_.reset();
    try {
        key = clock_.off_the_clock([this] { return plan_.credentials.current(); });
        return true;
    } catch (const ConfigError& error) {
        failure_ = std::make_unique<ErrorDetails>(error.details());
        exception_ = std::current_exception();
    } catch (...) {
        exception_ = std::current_exception();
    }
    return false;
}

void Call::authorize(std::string key) {
    if (!key.empty()) {
        set_header(plan_.request.headers, {plan_.auth.header, plan_.auth.prefix + key});
    } else if (!plan_.request.secret.empty()) {
        erase_header(plan_.request.headers, plan_.auth.header);
    }
    plan_.request.secret = std::move(key);
}

// --- after an attempt ---------------------------------------------------------------------------

void Call::conclude_attempt() {
    note_answer();
    AttemptInfo info = attempt_->info();
    info.number = attempt_number();
    AttemptResult result = attempt_->take_result();
    state_ = State::over;
    failure_.reset();
    if (auto* failure = std::get_if<AttemptFailure>(&result)) {
        info = conclude(std::move(*failure), info);
    } else if (std::holds_alternative<Complete>(result)) {
        plan_.health.budget().refund();  // R8
    } else {
        info.end = AttemptEnd::ended_by_caller;
        if (auto* thrown = std::get_if<std::exception_ptr>(&result)) exception_ = *thrown;
    }
    attempt_.reset();
    metadata_.attempts.push_back(info);
    report(info);
}

void Call::note_answer() {
    const auto since_start = [this](TimePoint time) { return time - clock_.started(); };
    const Headers& headers = attempt_->head().headers;
    metadata_.request_id = find_request_id(headers);
    metadata_.rate_limits = parse_rate_limits(headers);
    if (const auto time = attempt_->first_byte_at()) {
        metadata_.time_to_first_byte = since_start(*time);
    }
    metadata_.total_time = since_start(attempt_->ended_at());
    metadata_.malformed_chunks = attempt_->malformed_chunks();
    metadata_.connection_reused = attempt_->info().connection_reused;
}

AttemptInfo Call::conclude(AttemptFailure failure, AttemptInfo info) {
    auto& details = failure.details;
    details.request_id = metadata_.request_id;
    mask(details, plan_.request);
    info.curl_code = details.connection.curl_code;
    info.error = details.code;

    if (is_of_the_endpoint(failure.assessment) && details.retry_after &&
        *details.retry_after > longest_retry_after(plan_)) {
        plan_.health.throttle(clock_.now(), *details.retry_after);  // B5
    }
    const auto decision = decide(failure);
    if (const auto* retry = std::get_if<WaitBeforeRetry>(&decision)) {
        info.end = AttemptEnd::retried;
        info.wait = retry->wait;
        retry_at_ = clock_.now() + retry->wait;
        state_ = State::waiting;
    } else {
        info.end = std::get<GiveUp>(decision).reason;
    }
    failure_ = std::make_unique<ErrorDetails>(std::move(details));
    return info;
}

RetryDecision Call::decide(const AttemptFailure& failure) const {
    if (failure.details.code == ErrorCode::cancelled) return GiveUp{AttemptEnd::ended_by_caller};
    const TimePoint now = clock_.now();
    auto decision = decide_retry({.assessment = failure.assessment,
                                  .delivered = reader_.delivered(),
                                  .retry_after = failure.details.retry_after,
                                  .time_left = clock_.time_left(now),
                                  .retries_made = static_cast<int>(metadata_.attempts.size())},
                                 plan_.retry, plan_.random);
    if (const auto* retry = std::get_if<WaitBeforeRetry>(&decision)) {
        if (is_of_the_endpoint(failure.assessment) && plan_.max_retry_wait &&
            retry->wait > bounded(*plan_.max_retry_wait)) {
            return GiveUp{AttemptEnd::wait_too_long};  // F4
        }
        if (plan_.health.breaker().retry_in(now) > retry->wait) {
            return GiveUp{AttemptEnd::circuit_open};  // R12
        }
        if (plan_.health.throttled_for(now) > retry->wait) {
            return GiveUp{AttemptEnd::retry_after_too_long};  // B5: said to another call.
        }
        if (!plan_.health.budget().try_spend(failure.assessment.cost)) {
            return GiveUp{AttemptEnd::budget_exhausted};  // R8
        }
    }
    return decision;
}

void Call::report(const AttemptInfo& info) {
    log_attempt(plan_.log, plan_.request, info, metadata_.attempts.size(), metadata_.request_id);
    if (metadata_.malformed_chunks > 0) {
        plan_.log(LogLevel::warning, "{} malformed events were skipped",
                  metadata_.malformed_chunks);
    }
    hooks_.tell(&Hooks::on_attempt_finished, info);
    if (info.end == AttemptEnd::retried) hooks_.tell(&Hooks::on_retry, info);
}

/// Events are read, and delivered, between two looks at the attempt.
void Call::note_first_chunk() {
    if (!has_news()) return;
    metadata_.time_to_first_chunk = *attempt_->first_event_at() - clock_.started();
    const Duration before = clock_.user_time();
    hooks_.tell(&Hooks::on_first_chunk, *metadata_.time_to_first_chunk);
    attempt_->skip(clock_.user_time() - before);
}

/// What user code threw has no code of its own.
std::optional<ErrorCode> Call::error_code() const noexcept {
    if (failure_) return failure_->code;
    if (exception_) return ErrorCode::cancelled;
    return std::nullopt;
}

void Call::report_end(std::optional<ErrorCode> error) noexcept {
    state_ = State::done;
    hooks_.tell_end(error, metadata_, reader_);
}

CallMetadata Call::result() {
    if (exception_) std::rethrow_exception(exception_);
    if (failure_) {
        failure_->attempts = std::move(metadata_.attempts);
        raise(std::move(*failure_));
    }
    return std::move(metadata_);
}

}  // namespace cloud_backend::detail
