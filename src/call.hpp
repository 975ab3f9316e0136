#pragma once

#include "attempt.hpp"
#include "call_clock.hpp"
#include "call_hooks.hpp"
#include "core/retry_policy.hpp"
#include "credentials.hpp"
#include "http/log.hpp"

#include <cloud_backend/client.hpp>
#include <cloud_backend/endpoint_health.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/metadata.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/response_reader.hpp>
#include <cloud_backend/transport.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

namespace cloud_backend::detail {

/// All that is fixed when a call begins. What it refers to must outlive the call.
struct CallPlan {
    CallSubject subject{};
    HttpRequest request{};  ///< Without the key.
    AuthScheme auth{};
    const Credentials& credentials;
    TimeoutOptions timeouts{};
    std::optional<std::chrono::milliseconds> deadline{};
    std::stop_token stop{};
    RetryOptions retry{};
    std::optional<std::chrono::milliseconds> max_retry_wait{};
    EndpointHealth& health;
    const Hooks& hooks;
    const RandomSource& random;
    const Log& log;
    std::function<TimePoint()> now;
};

struct StartAttempt {};
struct AbortAttempt {};
struct WaitUntil {
    TimePoint time{};
};
struct CallDone {};

/// What a driver does next for a call.
using CallStep = std::variant<StartAttempt, AbortAttempt, WaitUntil, CallDone>;

/// One call as a state machine without I/O: attempts, the waits between them, and one result.
///
/// A driver asks `next()` and does it: starts `request()` with `events()` as its receiver, gives it
/// up, or lets events come until the time given, and asks again. Used by one thread at a time.
class Call {
public:
    Call(CallPlan plan, ResponseReader& reader);
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    /// A call that is not done was left by a driver that failed.
    ~Call();

    [[nodiscard]] CallStep next();
    [[nodiscard]] const HttpRequest& request() const noexcept { return plan_.request; }
    [[nodiscard]] TransferEvents& events() noexcept { return *attempt_; }

    /// While a transfer is under way: when the next limit passes if nothing comes.
    [[nodiscard]] TimePoint next_limit() const { return attempt_->next_timer(); }
    /// The same: the first chunk has come, which `next()` is to tell of.
    [[nodiscard]] bool has_news() const noexcept {
        return !metadata_.time_to_first_chunk && attempt_->first_event_at();
    }

    /// That much of the time since the last `next()` was the user's, and counts for no limit (SPEC
    /// T5).
    void skip(Duration time) noexcept;
    /// The same for the limits of the attempt, but not for the deadline.
    void skip_limits(Duration time) noexcept;
    /// From inside the reader: what it is given now is enough until the driver resumes the
    /// transfer.
    void pause() noexcept;

    [[nodiscard]] const std::optional<TimePoint>& deadline() const noexcept {
        return clock_.deadline();
    }
    /// What user code, and reading for it, took in all.
    [[nodiscard]] Duration user_time() const noexcept { return clock_.user_time(); }

    /// Cancels the call. It is looked at in `next()` and as data arrives; who waits is to be woken.
    [[nodiscard]] const std::stop_token& stop() const noexcept { return plan_.stop; }

    /// Once done: how the call went, or throws what it ended with. The one place where failures
    /// become exceptions.
    [[nodiscard]] CallMetadata result();

private:
    /// What is over is done once that has been told.
    enum class State { due, attempting, waiting, over, done };

    void cancel();
    void begin_attempt();
    void refuse(ErrorDetails refusal, AttemptEnd end);
    [[nodiscard]] bool ask_key(std::string& key);
    void authorize(std::string key);
    void end_between_attempts() noexcept;
    /// Of the attempt that is under way, or next.
    [[nodiscard]] int attempt_number() const noexcept {
        return static_cast<int>(metadata_.attempts.size()) + 1;
    }

    void conclude_attempt();
    [[nodiscard]] AttemptInfo conclude(AttemptFailure failure, AttemptInfo info);
    [[nodiscard]] RetryDecision decide(const AttemptFailure& failure) const;
    void note_answer();
    void report(const AttemptInfo& info);
    void note_first_chunk();
    [[nodiscard]] std::optional<ErrorCode> error_code() const noexcept;
    void report_end(std::optional<ErrorCode> error) noexcept;

    CallPlan plan_;
    CallClock clock_;
    CallHooks hooks_;
    ResponseReader& reader_;

    State state_ = State::due;
    std::optional<Attempt> attempt_{};
    TimePoint retry_at_{};

    CallMetadata metadata_{};
    std::unique_ptr<ErrorDetails> failure_{};  ///< Of the last attempt; the result once done.
    std::exception_ptr exception_{};           ///< Of user code; the result once done.
};

}  // namespace cloud_backend::detail
