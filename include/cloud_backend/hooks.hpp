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
/// calls; so by several at once. No limit of the call runs meanwhile (SPEC T5). What a hook throws
/// is dropped with a warning in the log.
///
/// Each call that started finishes once, whatever becomes of it, and so does each attempt. A call
/// that is refused before it begins (a `ConfigError`, one too many) is told to nobody. A call may
/// finish after its client was destroyed (see `CloudBackendClient`): what hooks refer to must live
/// until then, or be owned by them.
struct Hooks {
    std::function<void(const CallInfo&)> on_call_started{};
    /// An attempt begins, the call's first being number 1.
    std::function<void(const CallInfo&, int number)> on_attempt_started{};
    /// Headers that carry a trace on, such as `traceparent`: asked for before each attempt, they
    /// replace the caller's of the same name, but not the key. If one of them must not be sent
    /// (SPEC T11) none is, with a warning in the log.
    std::function<Headers(const CallInfo&)> trace_headers{};
    /// The first event of a streamed answer came, so long after the start of the call. The user's
    /// callback may have been given it already.
    std::function<void(const CallInfo&, Duration)> on_first_chunk{};
    std::function<void(const CallInfo&, const AttemptInfo&)> on_attempt_finished{};
    /// Another attempt is to follow after `AttemptInfo::wait`, unless the call ends before.
    std::function<void(const CallInfo&, const AttemptInfo&)> on_retry{};
    std::function<void(const CallInfo&, const CallSummary&)> on_call_finished{};
    /// A transition of the client's circuit breaker, in order: as
    /// `CircuitBreakerOptions::on_state_change`, on a thread that uses the breaker, and while
    /// limits run. Not of a `ClientOptions::health`, which has an `on_state_change` of its own.
    std::function<void(const ServerInfo&, const CircuitStateChange&)> on_circuit_change{};
};

/// Hooks that tell `first`, then `second`; what `first` throws does not keep it from `second`.
[[nodiscard]] CLOUD_BACKEND_EXPORT Hooks combine(Hooks first, Hooks second);

}  // namespace cloud_backend
