#pragma once

#include <cloud_backend/attempt.hpp>
#include <cloud_backend/call_info.hpp>
#include <cloud_backend/circuit_breaker.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/headers.hpp>

#include <functional>

namespace cloud_backend {

/// Told what happens to the calls of a client (SPEC R10); each may stay empty.
///
/// Called on the thread that drives the call: the caller's, or the one of the client's asynchronous
/// calls; so by several at once. What a hook throws is dropped with a warning in the log. No limit
/// of the call runs meanwhile (SPEC T5).
///
/// Each call that started finishes once, whatever becomes of it. A call that is refused before it
/// begins (a `ConfigError`, one too many) is told to nobody.
struct Hooks {
    std::function<void(const CallInfo&)> on_call_started{};
    /// An attempt begins, the call's first being number 1.
    std::function<void(const CallInfo&, int number)> on_attempt_started{};
    /// Headers that carry a trace on, such as `traceparent`: asked for before each attempt, they
    /// replace the request's of the same name.
    std::function<Headers(const CallInfo&)> trace_headers{};
    std::function<void(const CallInfo&, const AttemptInfo&)> on_attempt_finished{};
    /// Another attempt follows after `AttemptInfo::wait`.
    std::function<void(const CallInfo&, const AttemptInfo&)> on_retry{};
    /// The first event of a streamed answer came, so long after the start of the call. The user's
    /// callback may have been given it already.
    std::function<void(const CallInfo&, Duration)> on_first_chunk{};
    std::function<void(const CallInfo&, const CallSummary&)> on_call_finished{};
    /// A transition of the client's circuit breaker, in order; not of a `ClientOptions::health`,
    /// which has an `on_state_change` of its own.
    std::function<void(const ServerInfo&, const CircuitStateChange&)> on_circuit_change{};
};

/// Hooks that tell `first`, then `second`; what `first` throws does not keep it from `second`.
[[nodiscard]] CLOUD_BACKEND_EXPORT Hooks combine(Hooks first, Hooks second);

}  // namespace cloud_backend
