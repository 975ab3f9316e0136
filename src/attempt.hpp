#pragma once

#include "call_clock.hpp"
#include "core/attempt_timers.hpp"
#include "core/retry_policy.hpp"

#include <cloud_backend/circuit_breaker.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/response_reader.hpp>
#include <cloud_backend/transport.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

namespace cloud_backend::detail {

struct AttemptFailure {
    ErrorDetails details{};
    Assessment assessment{};
};

/// How an attempt ended; the pointer holds what user code threw (SPEC T7).
using AttemptResult = std::variant<Complete, StoppedByCallback, AttemptFailure, std::exception_ptr>;

/// What an attempt needs to know of its call.
struct AttemptOptions {
    TimeoutOptions timeouts{};
    const RetryOptions& retry;
    std::stop_token stop{};
};

/// One HTTP request and its answer: takes the transport's events and the time, and finds out how it
/// ended. Makes no I/O of its own.
class Attempt final : public TransferEvents, private EventObserver {
public:
    /// What is referred to must outlive the attempt.
    Attempt(const AttemptOptions& options, CircuitBreaker::Permit permit, CallClock& clock,
            ResponseReader& reader);
    ~Attempt() override { reader_.report_events_to(nullptr); }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    void on_queued() override { timers_.on_queued(); }
    void on_connecting() override;
    void on_sent(ConnectionUse connection) override;
    void on_header_bytes() override;
    Flow on_head(ResponseHead head) override;
    Flow on_body(std::string_view bytes) override;
    void on_finished(std::optional<TransferFailure> failure) override;

    /// See `Call::skip`.
    void skip(Duration time) noexcept {
        timers_.skip(time);
        drained_by_ += time;
    }
    /// See `Call::pause`.
    void pause() noexcept { pause_ = true; }
    /// Ends the attempt if a limit has passed.
    void check_time();
    [[nodiscard]] TimePoint next_timer() const { return next_limit().at; }
    /// Ends the attempt as cancelled, unless its result is known.
    void cancel();

    /// The transfer should go on: the result is open, or known and the rest is read so that the
    /// connection stays usable (SPEC T10).
    [[nodiscard]] bool wants_transfer() const noexcept { return phase_ != Phase::over; }
    [[nodiscard]] bool transfer_running() const noexcept { return transfer_running_; }
    /// The driver gave the transfer up.
    void on_aborted() noexcept { transfer_running_ = false; }

    /// Once the transfer is neither wanted nor running.
    [[nodiscard]] AttemptResult take_result() { return std::move(*result_); }
    /// Status, times and connection; `error` and `end` are left to the call.
    [[nodiscard]] AttemptInfo info() const;
    [[nodiscard]] const ResponseHead& head() const noexcept { return head_; }
    /// Of the stream; none of an answer that is an error.
    [[nodiscard]] std::size_t malformed_chunks() const;
    [[nodiscard]] std::optional<TimePoint> first_byte_at() const noexcept { return first_byte_at_; }
    [[nodiscard]] std::optional<TimePoint> first_event_at() const noexcept {
        return first_event_at_;
    }
    [[nodiscard]] TimePoint ended_at() const noexcept { return ended_at_; }

private:
    enum class Phase { open, draining, over };

    [[nodiscard]] AttemptTimers::Expiry next_limit() const;
    void time_is_up(TimeLimit limit);

    template <class Read>
    [[nodiscard]] std::optional<Reading> read(Read&& read_on);
    [[nodiscard]] Flow flow() noexcept;
    void take(Reading reading);
    void end_of_input(std::optional<TransferFailure> failure);
    void drain(std::size_t bytes);

    void on_event() override;
    void note_bytes(TimePoint now);
    [[nodiscard]] bool reader_has_begun() const noexcept {
        return head_.status >= 200 && head_.status < 300;
    }
    [[nodiscard]] bool reading_error_body() const noexcept {
        return head_.status != 0 && !reader_has_begun();
    }
    void collect_error_body(std::string_view bytes);
    void answer_with_error_status();

    void fail(ErrorDetails details, const Assessment& assessment);
    void end(AttemptResult result, Outcome outcome,
             std::optional<Duration> retry_after = std::nullopt);

    AttemptOptions options_;
    CircuitBreaker::Permit permit_;
    CallClock& clock_;
    ResponseReader& reader_;

    const TimePoint started_;
    AttemptTimers timers_;
    AttemptProgress progress_{};
    ResponseHead head_{};
    std::string error_body_{};
    std::size_t drained_ = 0;
    TimePoint drained_by_{};
    bool pause_ = false;       ///< Asked for in the piece that is being read.
    bool event_came_ = false;  ///< In the piece that is being read.
    std::optional<TimePoint> first_byte_at_{};
    std::optional<TimePoint> first_event_at_{};
    ConnectionUse connection_ = ConnectionUse::fresh;
    bool transfer_running_ = true;

    Phase phase_ = Phase::open;
    TimePoint ended_at_{};
    std::optional<AttemptResult> result_{};
};

}  // namespace cloud_backend::detail
