#include "call_hooks.hpp"

#include <atomic>
#include <utility>

namespace cloud_backend {

namespace {

/// Calls both, whatever the first throws.
template <class Function>
Function both(Function first, Function second) {
    if (!first) return second;
    if (!second) return first;
    return [first = std::move(first), second = std::move(second)](const auto&... arguments) {
        try {
            first(arguments...);
        } catch (...) {
            second(arguments...);
            throw;
        }
        second(arguments...);
    };
}

using TraceHeaders = decltype(Hooks::trace_headers);

TraceHeaders headers_of_both(TraceHeaders first, TraceHeaders second) {
    if (!first) return second;
    if (!second) return first;
    return [first = std::move(first), second = std::move(second)](const CallInfo& call) {
        Headers headers;
        try {
            headers = first(call);
        } catch (...) {
            return second(call);
        }
        for (Header& header : second(call)) detail::set_header(headers, std::move(header));
        return headers;
    };
}

}  // namespace

Hooks combine(Hooks first, Hooks second) {
    Hooks combined;
    const auto join = [&](auto Hooks::*hook) {
        combined.*hook = both(std::move(first.*hook), std::move(second.*hook));
    };
    join(&Hooks::on_call_started);
    join(&Hooks::on_attempt_started);
    join(&Hooks::on_first_chunk);
    join(&Hooks::on_attempt_finished);
    join(&Hooks::on_retry);
    join(&Hooks::on_call_finished);
    join(&Hooks::on_circuit_change);
    combined.trace_headers =
        headers_of_both(std::move(first.trace_headers), std::move(second.trace_headers));
    return combined;
}

namespace detail {

namespace {

std::string traceparent_of(const Headers& headers) {
    const std::string* value = find_header(headers, "traceparent");
    return value == nullptr ? std::string() : *value;
}

std::uint64_t new_call_id() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

CallHooks::CallHooks(CallSubject subject, const Headers& request, const Hooks& hooks,
                     const Log& log, CallClock& clock)
    : subject_(std::move(subject)),
      traceparent_(traceparent_of(request)),
      id_(new_call_id()),
      hooks_(hooks),
      log_(log),
      clock_(clock) {}

CallInfo CallHooks::info() const noexcept {
    return {.id = id_,
            .operation = subject_.operation,
            .model = subject_.model,
            .server = subject_.server,
            .traceparent = traceparent_};
}

void CallHooks::tell_end(std::optional<ErrorCode> error, const CallMetadata& metadata,
                         const ResponseReader& reader) noexcept {
    if (!hooks_.on_call_finished) return;
    guard([&] { hooks_.on_call_finished(info(), {error, metadata, reader.answer()}); });
}

void CallHooks::carry_trace(Headers& request, const Credentials& credentials) {
    if (!hooks_.trace_headers) return;
    if (untraced_) {
        request = *untraced_;
    } else {
        untraced_ = request;
    }
    guard([&] {
        Headers headers = hooks_.trace_headers(info());
        check_headers(headers);
        credentials.check_confidential(headers);
        for (Header& header : headers) set_header(request, std::move(header));
    });
}

}  // namespace detail
}  // namespace cloud_backend
