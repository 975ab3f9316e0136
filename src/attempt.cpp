#include "attempt.hpp"

#include "chat/api_error.hpp"
#include "core/ascii.hpp"
#include "core/retry_after.hpp"
#include "core/url.hpp"
#include "failures.hpp"

#include <chrono>
#include <utility>

namespace cloud_backend::detail {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t max_drained = std::size_t{64} << 10;  // T10
constexpr milliseconds max_drain_time{100};                 // T10

/// R2
std::optional<bool> should_retry(const Headers& headers) {
    const std::string* value = find_header(headers, "x-should-retry");
    if (value == nullptr) return std::nullopt;
    if (equals_ignoring_case(trim(*value), "true")) return true;
    if (equals_ignoring_case(trim(*value), "false")) return false;
    return std::nullopt;
}

/// T6: a redirect is an error that names where it leads.
void name_redirect(ErrorDetails& details) {
    const std::string* location = find_header(details.api.headers, "location");
    if (details.api.status >= 400 || location == nullptr) return;
    details.message = "the server redirects to " + std::string(without_query(*location)) +
                      "; redirects are not followed";
}

/// The reader misses the rest of the answer, or cannot read what there is of it.
bool is_cut(const Reading& reading) {
    const auto* error = std::get_if<ErrorDetails>(&reading);
    return error != nullptr &&
           (error->code == ErrorCode::stream_truncated || error->code == ErrorCode::response);
}

}  // namespace

Attempt::Attempt(const AttemptOptions& options, CircuitBreaker::Permit permit, CallClock& clock,
                 ResponseReader& reader)
    : options_(options),
      permit_(std::move(permit)),
      clock_(clock),
      reader_(reader),
      started_(clock.now()),
      timers_(options.timeouts, started_) {
    reader_.report_events_to(this);
}

/// It may have waited for longer than a probe's lease.
void Attempt::on_connecting() {
    const TimePoint now = clock_.now();
    timers_.on_connecting(now);
    permit_.renew(now);
}

void Attempt::on_sent(ConnectionUse connection) {
    progress_.sent = true;
    connection_ = connection;
    timers_.on_sent(clock_.now());
}

void Attempt::on_header_bytes() {
    const TimePoint now = clock_.now();
    progress_.response_begun = true;
    if (!first_byte_at_) first_byte_at_ = now;
    note_bytes(now);
}

Flow Attempt::on_head(ResponseHead head) {
    head_ = std::move(head);
    if (reader_has_begun()) {
        (void)read([this] {
            reader_.begin(head_);
            return Reading(NeedMore{});
        });
    }
    return flow();
}

Flow Attempt::on_body(std::string_view bytes) {
    // T1: as long as data is buffered, the transport goes on delivering.
    if (options_.stop.stop_requested()) cancel();
    if (phase_ == Phase::over) {
        // Nothing is read any more.
    } else if (phase_ == Phase::draining) {
        drain(bytes.size());
    } else if (reading_error_body()) {
        collect_error_body(bytes);
    } else if (reader_has_begun()) {
        auto reading = read([&] { return reader_.on_body(bytes); });
        if (reading) take(std::move(*reading));
    }
    return flow();
}

Flow Attempt::flow() noexcept {
    if (wants_transfer()) return std::exchange(pause_, false) ? Flow::pause : Flow::proceed;
    transfer_running_ = false;
    return Flow::stop;
}

void Attempt::on_finished(std::optional<TransferFailure> failure) {
    transfer_running_ = false;
    if (phase_ == Phase::open) end_of_input(std::move(failure));
    phase_ = Phase::over;
}

void Attempt::end_of_input(std::optional<TransferFailure> failure) {
    if (reading_error_body()) return answer_with_error_status();
    if (reader_has_begun()) {
        auto reading = read([&] { return failure ? reader_.on_cut() : reader_.on_end(); });
        if (!reading) return;
        if (!failure || !is_cut(*reading)) return take(std::move(*reading));
    }
    if (!failure) {
        failure = TransferFailure{.fault = TransferFault::interrupted,
                                  .stage = ConnectionStage::receive,
                                  .message = "the connection was closed without an answer"};
    }
    fail(connection_failure(*failure, progress_),
         assess_transfer(failure->fault, progress_, options_.retry));
}

void Attempt::cancel() {
    if (phase_ == Phase::open) fail(cancellation(), {.outcome = Outcome::neutral});
    phase_ = Phase::over;
}

// --- time ---------------------------------------------------------------------------------------

void Attempt::check_time() {
    const auto limit = next_limit();
    if (phase_ == Phase::over || clock_.now() < limit.at) return;
    if (phase_ == Phase::open) time_is_up(limit.limit);
    phase_ = Phase::over;
}

AttemptTimers::Expiry Attempt::next_limit() const {
    if (phase_ == Phase::draining) return {.at = drained_by_};
    const auto limit = timers_.next();
    const auto& deadline = clock_.deadline();
    return deadline && *deadline < limit.at ? AttemptTimers::Expiry{*deadline, TimeLimit::deadline}
                                            : limit;
}

void Attempt::time_is_up(TimeLimit limit) {
    if (reading_error_body()) return answer_with_error_status();
    if (reader_has_begun()) {  // T4: perhaps nothing was missing but the end.
        auto reading = read([this] { return reader_.on_cut(); });
        if (!reading) return;
        if (!is_cut(*reading)) return take(std::move(*reading));
    }
    fail(timeout_failure(limit, options_.timeouts, progress_),
         assess_timeout(limit, options_.retry));
}

// --- the answer ---------------------------------------------------------------------------------

/// Runs the reader, and with it the user's callback. Empty: it threw, and the attempt is over.
template <class Read>
std::optional<Reading> Attempt::read(Read&& read_on) {
    std::optional<Reading> reading;
    try {
        reading = clock_.off_the_clock(std::forward<Read>(read_on));
    } catch (...) {
        end(std::current_exception(), Outcome::neutral);
        return std::nullopt;
    }
    note_bytes(clock_.resumed_at());
    if (std::exchange(event_came_, false)) timers_.on_event(clock_.resumed_at());
    return reading;
}

/// Before the user is given the event: what it means must not wait for what the user does with it.
void Attempt::on_event() {
    event_came_ = true;
    if (first_event_at_) return;
    first_event_at_ = clock_.now();
    permit_.first_event(*first_event_at_);  // B4
}

void Attempt::take(Reading reading) {
    if (std::holds_alternative<Complete>(reading)) {
        end(Complete{}, Outcome::success);
        if (!transfer_running_) return;
        phase_ = Phase::draining;
        drained_by_ = ended_at_ + max_drain_time;
    } else if (std::holds_alternative<StoppedByCallback>(reading)) {
        end(StoppedByCallback{}, Outcome::neutral);
    } else if (std::holds_alternative<Cancelled>(reading)) {
        cancel();
    } else if (auto* error = std::get_if<ErrorDetails>(&reading)) {
        if (error->code != ErrorCode::stream) {
            const auto assessment = assess_answer(error->code, error->retryable);
            return fail(std::move(*error), assessment);
        }
        error->api.headers = head_.headers;
        const auto assessment = assess_status(error->api.status, is_quota_error(*error),
                                              should_retry(head_.headers), options_.retry);
        fail(std::move(*error), assessment);
    }
}

/// Signs of life restart the limits and renew a probe's lease (T5, B3).
void Attempt::note_bytes(TimePoint now) {
    timers_.on_bytes(now);
    permit_.renew(now);
}

/// T10
void Attempt::drain(std::size_t bytes) {
    drained_ += bytes;
    if (drained_ > max_drained) phase_ = Phase::over;
}

void Attempt::collect_error_body(std::string_view bytes) {
    note_bytes(clock_.now());
    error_body_ += bytes.substr(0, error_body_limit + 1 - error_body_.size());
    if (error_body_.size() > error_body_limit) answer_with_error_status();
}

void Attempt::answer_with_error_status() {
    auto details = read_api_error(head_.status, head_.headers, std::move(error_body_));
    name_redirect(details);
    const bool quota = details.code == ErrorCode::quota_exceeded;  // R3
    const auto assessment =
        assess_status(head_.status, quota, should_retry(head_.headers), options_.retry);
    fail(std::move(details), assessment);
}

// --- the end ------------------------------------------------------------------------------------

void Attempt::fail(ErrorDetails details, const Assessment& assessment) {
    details.retryable = assessment.transient;
    details.partial = reader_.partial();
    details.retry_after = parse_retry_after(head_.headers, std::chrono::system_clock::now());
    const auto retry_after = details.retry_after;
    end(AttemptFailure{std::move(details), assessment}, assessment.outcome, retry_after);
}

void Attempt::end(AttemptResult result, Outcome outcome, std::optional<Duration> retry_after) {
    ended_at_ = clock_.now();
    permit_.record(outcome, ended_at_, retry_after);
    result_ = std::move(result);
    phase_ = Phase::over;
}

std::size_t Attempt::malformed_chunks() const {
    return reader_has_begun() ? reader_.malformed_chunks() : 0;
}

AttemptInfo Attempt::info() const {
    return {.status = head_.status,
            .duration = ended_at_ - started_,
            .connection_reused = connection_ == ConnectionUse::reused};
}

}  // namespace cloud_backend::detail
