#include "run.hpp"

#include "batch_result.hpp"
#include "terminal.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <utility>
#include <variant>
#include <vector>

namespace cloud_batch {

namespace {

using namespace std::chrono_literals;
using cloud_backend::ChatCompletion;
using cloud_backend::Clock;
using cloud_backend::Duration;
using cloud_backend::Error;
using cloud_backend::ErrorCode;
using cloud_backend::TimePoint;

/// Nothing else will be answered either.
bool concerns_all(const Error& error) {
    return error.code() == ErrorCode::authentication || error.code() == ErrorCode::quota_exceeded;
}

/// The server is down or asked to be left alone, and the request was not to blame: refused on this
/// side, or the attempt that found the server still down.
bool found_circuit_open(const Error& error) {
    if (error.attempts().empty()) return error.details().failures.empty();
    return error.attempts().back().end == cloud_backend::AttemptEnd::circuit_open;
}

Duration wait_before_requeue(const Error& error, int requeues) {
    constexpr int most_doublings = 6;
    const Duration own = 1s * (1 << std::min(requeues, most_doublings));
    return std::max(own, std::min<Duration>(error.retry_after().value_or(0s), 24h));
}

timespec time_left(TimePoint until) {
    const auto left = std::clamp<Duration>(until - Clock::now(), 0s, 1h);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(left - seconds).count()};
}

}  // namespace

Journal::Journal(const Arguments& arguments) : output(arguments.output), errors(arguments.errors) {
    const auto note = [this](std::string id) { settled.insert(std::move(id)); };
    output.read(note);
    if (arguments.retry_failed) errors.clear();
    const std::size_t answered = settled.size();
    errors.read(note);
    failed = settled.size() - answered;
}

Run::Run(const Arguments& arguments, std::optional<std::uint64_t> total, Journal& journal,
         Service& service, const Signals& signals)
    : arguments_(arguments),
      journal_(journal),
      signals_(signals),
      service_(service),
      source_(arguments.input, arguments.shard),
      calls_(service),
      pace_(arguments.limits),
      progress_(arguments.progress || errors_go_to_terminal()),
      counts_{.total = total, .settled_before = journal.settled.size()} {}

ExitStatus Run::run() {
    for (;;) {
        std::vector<Ended> ended = calls_.take();
        for (Ended& call : ended) settle(std::move(call));
        if (arguments_.fsync && !ended.empty()) {
            journal_.output.sync();
            journal_.errors.sync();
        }
        const TimePoint now = Clock::now();
        const TimePoint next_start = start_calls(now);
        const bool ending = stopped_ || (!next_ && source_.at_end() && requeued_.empty());
        if (ending && calls_.in_flight() == 0) break;
        if (now >= given_up_at_) {
            calls_.cancel();
            given_up_at_ = TimePoint::max();
        }
        progress_.update(counts_);
        wait_until(std::min({next_start, progress_.next(), given_up_at_}));
    }
    if (stopped_) return *stopped_;
    return journal_.failed + counts_.failed > 0 ? ExitStatus::some_failed : ExitStatus::ok;
}

TimePoint Run::start_calls(TimePoint now) {
    wants_input_ = false;
    while (!stopped_ && calls_.in_flight() < arguments_.concurrency) {
        if (!has_request(now)) {
            return requeued_.empty() ? TimePoint::max() : requeued_.begin()->first;
        }
        if (const TimePoint time = pace_.next(next_->tokens); time > now) return time;
        // What it says changes with the calls in flight, so it is asked again soon.
        if (const auto pause = service_.unavailable_for()) {
            return now + std::min<Duration>(*pause, 1s);
        }
        pace_.spend(next_->tokens, now);
        calls_.start(*std::exchange(next_, std::nullopt));
    }
    return TimePoint::max();
}

bool Run::has_request(TimePoint now) try {
    if (next_) return true;
    constexpr std::size_t most_waiting = 10'000;
    if (!requeued_.empty() && requeued_.begin()->first <= now) {
        next_ = std::move(requeued_.extract(requeued_.begin()).mapped());
        return true;
    }
    if (requeued_.size() >= most_waiting) return false;
    while (!next_ && !source_.at_end()) {
        next_ = source_.next();
        if (!next_ && !source_.at_end()) {
            wants_input_ = true;
            return false;
        }
        if (next_ && journal_.settled.contains(next_->custom_id)) next_.reset();
    }
    return next_.has_value();
} catch (const InputError& error) {
    stop(ExitStatus::usage, fmt::format("{}: {}", arguments_.input, error.what()));
    return false;
}

void Run::settle(Ended ended) {
    if (const auto* answer = std::get_if<ChatCompletion>(&ended.result)) {
        journal_.output.append(result_line(ended.request, *answer));
        ++counts_.answered;
        pace_.learn(answer->metadata.rate_limits, Clock::now());
        if (answer->usage && answer->usage->total_tokens > 0) {
            pace_.correct(ended.request.tokens, answer->usage->total_tokens);
        }
        return;
    }
    try {
        std::rethrow_exception(std::get<std::exception_ptr>(ended.result));
    } catch (const Error& error) {
        settle_error(std::move(ended.request), error);
    }
}

void Run::settle_error(BatchRequest request, const Error& error) {
    if (error.code() == ErrorCode::cancelled) return;  // The next run asks it.
    if (concerns_all(error)) return stop(ExitStatus::some_failed, error.what());
    const TimePoint now = Clock::now();
    if (error.code() == ErrorCode::rate_limit) {
        pace_.hold_until(now + std::min<Duration>(error.retry_after().value_or(1s), 1min));
    }
    const bool down = found_circuit_open(error);
    if (error.retryable() && (down || request.requeues < arguments_.max_requeues)) {
        const TimePoint due = now + wait_before_requeue(error, request.requeues);
        request.requeues += down ? 0 : 1;
        requeued_.emplace(due, std::move(request));
        return;
    }
    journal_.errors.append(error_line(request, error));
    ++counts_.failed;
}

void Run::stop(ExitStatus status, std::string_view reason) {
    if (stopped_) return;
    stopped_ = status;
    complain(fmt::format("{}; waiting for {} in flight", reason, calls_.in_flight()));
}

void Run::wait_until(TimePoint time) {
    enum { answers, interrupts, input };
    std::array<pollfd, 3> waited_for{
        {{.fd = calls_.fd(), .events = POLLIN, .revents = 0},
         {.fd = signals_.fd(), .events = POLLIN, .revents = 0},
         {.fd = wants_input_ ? source_.fd() : -1, .events = POLLIN, .revents = 0}}};
    const timespec timeout = time_left(time);
    const int ready = ::ppoll(waited_for.data(), waited_for.size(), &timeout, nullptr);
    if (ready < 0 && errno != EINTR) checked(ready, "ppoll");
    if (ready <= 0) return;
    if (waited_for[input].revents != 0) source_.read_more();
    if (waited_for[interrupts].revents != 0 && signals_.take()) {
        constexpr std::chrono::seconds grace{5};
        const bool again = stopped_ == ExitStatus::interrupted;
        given_up_at_ = Clock::now() + (again ? 0s : grace);
        stop(ExitStatus::interrupted, "interrupted");
        stopped_ = ExitStatus::interrupted;
    }
}

}  // namespace cloud_batch
