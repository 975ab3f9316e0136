#include "caller.hpp"

#include "../support/backend_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>

namespace cloud_backend::soak {

namespace {

using namespace std::chrono_literals;

/// What the callbacks throw.
struct Thrown : std::runtime_error {
    explicit Thrown(std::uint64_t number) : std::runtime_error("thrown"), call(number) {}
    std::uint64_t call;
};

Fate fate_of(const AttemptInfo& info) {
    constexpr int could_not_connect = 7;
    if (info.status != 0) return Fate::arrived;
    if (info.error != ErrorCode::connection) return Fate::given_up;
    if (info.curl_code == could_not_connect) return Fate::never_sent;
    return info.connection_reused ? Fate::connection_died : Fate::arrived;
}

std::string name_of(ErrorCode code) {
    constexpr std::array names{"config error",
                               "connection failed",
                               "timed out",
                               "400",
                               "401",
                               "403",
                               "404",
                               "409",
                               "422",
                               "429",
                               "quota",
                               "5xx",
                               "api error",
                               "in-band error",
                               "truncated",
                               "bad answer",
                               "limit",
                               "cancelled",
                               "circuit is open"};
    return names.at(static_cast<std::size_t>(code));
}

CallOptions options_of(const Script::Call& script) {
    constexpr TimeoutOptions short_limits{
        .connect = 10s, .first_byte = 40ms, .idle = 40ms, .content_idle = 40ms};
    CallOptions options;
    if (script.behaviour == Behaviour::short_deadline) options.deadline = script.delay;
    if (script.impatient) options.timeouts = short_limits;
    return options;
}

}  // namespace

thread_local Caller::Progress* Caller::under_way = nullptr;

Tally& Tally::operator+=(const Tally& other) {
    calls += other.calls;
    attempts += other.attempts;
    successes += other.successes;
    retries += other.retries;
    refusals += other.refusals;
    for (const auto& [outcome, count] : other.outcomes) outcomes[outcome] += count;
    return *this;
}

// --- one call -----------------------------------------------------------------------------------

ClientOptions Caller::client_options(const std::string& url) {
    ClientOptions options = test::quick_options(url);
    options.api_key = [] {
        return std::to_string(under_way->call) + "-" + std::to_string(under_way->keys++);
    };
    options.retry = {.max_retries = max_attempts - 1,
                     .backoff_factor = 0.001,
                     .max_retry_after = 50ms,
                     .budget = {.capacity = 50, .refund = 0.5}};
    options.breaker = {.reset_timeout = 20ms, .max_retry_after = 5ms};
    options.hooks = {
        .on_attempt_finished = [](const CallInfo&,
                                  const AttemptInfo& info) { under_way->attempts.push_back(info); },
        .on_retry = [](const CallInfo&, const AttemptInfo&) { ++under_way->retries; }};
    return options;
}

void Caller::make_call(std::uint64_t number) {
    Progress progress{.call = number, .script = script_.call(number)};
    under_way = &progress;
    std::string outcome;
    try {
        const ChatCompletion completion = call_backend(progress);
        outcome = check_completion(progress, completion);
    } catch (const Error& error) {
        outcome = check_error(progress, error);
        wait_if_refused(error);
    } catch (const Thrown& thrown) {
        outcome = "callback threw";
        expect(progress.script.behaviour == Behaviour::throw_in_callback && thrown.call == number &&
                   progress.chunks == progress.script.chunk + 1,
               progress, "an exception that is not its own");
    } catch (const std::exception& other) {
        outcome = "unexpected exception";
        expect(false, progress, other.what());
    }
    check_delivered(progress);
    check_attempts(progress);
    ++tally_.calls;
    ++tally_.outcomes[outcome];
}

ChatCompletion Caller::call_backend(Progress& progress) {
    CallOptions options = options_of(progress.script);
    if (progress.script.retry_on_timeout) {
        options.retry = client_options({}).retry;
        options.retry->retry_on_timeout = true;
    }
    std::stop_source stop;
    options.stop = stop.get_token();
    if (progress.script.behaviour == Behaviour::cancel_before) stop.request_stop();
    if (progress.script.behaviour == Behaviour::cancel_during) {
        canceller_.cancel_after(progress.script.delay, stop);
    }
    if (!progress.script.streamed) return backend_.chat_completion(test::ask(), options);
    return backend_.chat_completion(
        test::ask(), [&](const ChatChunk& chunk) { return take_chunk(progress, chunk); }, options);
}

bool Caller::take_chunk(Progress& progress, const ChatChunk& chunk) const {
    if (!chunk.content().empty()) progress.words.emplace_back(chunk.content());
    const bool is_the_one = progress.chunks++ == progress.script.chunk;
    if (is_the_one && progress.script.behaviour == Behaviour::throw_in_callback) {
        throw Thrown(progress.call);
    }
    progress.stopped |= is_the_one && progress.script.behaviour == Behaviour::stop_in_callback;
    return !progress.stopped;
}

/// As a caller does who knows when to come again.
void Caller::wait_if_refused(const Error& error) {
    if (error.attempts().empty() && error.retry_after()) {
        std::this_thread::sleep_for(std::min<Duration>(*error.retry_after(), 30ms));
    }
}

// --- what it came to ----------------------------------------------------------------------------

void Caller::expect(bool holds, const Progress& progress, std::string_view what) {
    if (holds) return;
    violations_.add("call " + std::to_string(progress.call) + ": " + std::string(what));
}

std::string Caller::check_completion(const Progress& progress, const ChatCompletion& completion) {
    const auto& attempts = completion.metadata.attempts;
    expect(progress.script.behaviour != Behaviour::cancel_before, progress,
           "a success although it was cancelled before");
    expect(!attempts.empty() && attempts.size() == progress.attempts.size(), progress,
           "the attempts of the result are not those told");
    const AttemptId last{progress.call, progress.attempts.size() - 1};
    const auto whole = script_.words(last);
    if (progress.stopped) {
        expect(completion.content() == joined(progress.words), progress,
               "the completion is not what was delivered before the stop");
        return "stopped";
    }
    ++tally_.successes;
    expect(completion.content() == joined(whole), progress, "a success that is not whole");
    expect(!progress.script.streamed || progress.words == whole, progress,
           "a success that was not delivered whole");
    return "completed";
}

std::string Caller::check_error(const Progress& progress, const Error& error) {
    const auto& attempts = error.attempts();
    expect(attempts.size() == progress.attempts.size(), progress,
           "the attempts of the error are not those told");
    const auto* partial = error.partial();
    expect((partial != nullptr) == (progress.chunks > 0), progress,
           "a partial completion without a delivery, or none with one");
    expect(partial == nullptr || partial->content() == joined(progress.words), progress,
           "the partial completion is not what was delivered");
    if (attempts.empty()) {
        tally_.refusals += error.code() == ErrorCode::circuit_open;
    } else {
        // The breaker was asked for the retry that had been told of, and refused (SPEC R12).
        tally_.refusals += progress.attempts.back().end == AttemptEnd::retried &&
                           attempts.back().end == AttemptEnd::circuit_open;
        expect(error.code() == attempts.back().error || error.code() == ErrorCode::cancelled,
               progress, "the error is not the last attempt's");
    }
    check_cause(progress, error);
    return attempts.empty() ? "nothing sent: " + name_of(error.code()) : name_of(error.code());
}

/// An error has a reason in the script.
void Caller::check_cause(const Progress& progress, const Error& error) {
    if (is_explained(progress, error)) return;
    expect(false, progress, error.what());
}

bool Caller::is_explained(const Progress& progress, const Error& error) const {
    const Behaviour behaviour = progress.script.behaviour;
    const auto& attempts = error.attempts();
    if (error.code() == ErrorCode::cancelled) {
        return behaviour == Behaviour::cancel_during ||
               (behaviour == Behaviour::cancel_before && attempts.empty());
    }
    if (const auto* timeout = dynamic_cast<const TimeoutError*>(&error)) {
        return timeout->limit() == TimeLimit::deadline ? behaviour == Behaviour::short_deadline
                                                       : progress.script.impatient;
    }
    if (attempts.empty()) {
        return error.code() == ErrorCode::circuit_open || error.code() == ErrorCode::rate_limit;
    }
    return script_.fault({progress.call, attempts.size() - 1}) != Fault::none ||
           fate_of(attempts.back()) == Fate::connection_died;
}

/// Chunks of one attempt only, each once and in order, from the first one on.
void Caller::check_delivered(const Progress& progress) {
    if (progress.words.empty()) return;
    const auto all = script_.words({progress.call, progress.attempts.size() - 1});
    expect(progress.words.size() <= all.size() &&
               std::equal(progress.words.begin(), progress.words.end(), all.begin()),
           progress, "chunks are missing, out of order, or there twice");
}

void Caller::check_attempts(const Progress& progress) {
    const auto& attempts = progress.attempts;
    expect(attempts.size() == progress.keys, progress, "not one key for each attempt");
    expect(attempts.size() <= max_attempts, progress, "too many attempts");
    const auto retried = std::ranges::count(attempts, AttemptEnd::retried, &AttemptInfo::end);
    expect(progress.retries == static_cast<std::size_t>(retried), progress,
           "retries are not those told");
    for (std::size_t i = 0; i < std::min(attempts.size(), max_attempts); ++i) {
        check_attempt(progress, i);
    }
    tally_.attempts += attempts.size();
    tally_.retries += progress.retries;
}

void Caller::check_attempt(const Progress& progress, std::size_t attempt) {
    const AttemptId id{progress.call, attempt};
    const AttemptInfo& info = progress.attempts[attempt];
    const Fault fault = script_.fault(id);
    ledger_.report(id, fate_of(info));
    expect(info.status == 0 || info.status == status_of(fault), progress,
           "a status that the server did not send");
    const bool retried = info.end == AttemptEnd::retried;
    expect(retried || attempt + 1 == progress.attempts.size(), progress,
           "an attempt after the last one");
    if (info.status == 429 || info.status == 503) {  // SPEC R4, R6
        expect(!retried || (fault != Fault::throttled_for_long && info.wait >= short_retry_after),
               progress, "not as long a wait as the server asked for");
    }
}

}  // namespace cloud_backend::soak
