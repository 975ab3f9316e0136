#include "async/awaited_call.hpp"
#include "async/calls_in_flight.hpp"
#include "failures.hpp"
#include "routing/async_hedge.hpp"
#include "routing/backend_checks.hpp"
#include "routing/fallback_call.hpp"

#include <cloud_backend/error.hpp>
#include <cloud_backend/hedging.hpp>

#include <array>
#include <cmath>
#include <memory>
#include <utility>

namespace cloud_backend {

namespace {

void check(const HedgingOptions& options) {
    if (!options.now) throw ConfigError("HedgingOptions::now is empty");
    const RetryBudgetOptions& budget = options.budget;
    for (const double amount :
         {budget.capacity, budget.retry_cost, budget.ambiguous_cost, budget.refund}) {
        if (std::isfinite(amount) && amount >= 0) continue;
        throw ConfigError("HedgingOptions::budget holds a negative number or none");
    }
}

ChatCompletion answer_of(const std::shared_ptr<detail::Hedging>& hedging,
                         const ChatRequest& request, const ChunkCallback* on_chunk,
                         const CallOptions& options) {
    const auto awaited = std::make_shared<detail::AwaitedCall>(on_chunk);
    // The callback may take its time, and make calls: other calls are not to wait for it.
    std::make_shared<detail::AsyncHedge>(hedging, request, awaited->handlers(), options,
                                         detail::drive_by_own_thread)
        ->start(*hedging);
    return awaited->wait();
}

}  // namespace

HedgedBackend::HedgedBackend(FallbackBackend primary, FallbackBackend secondary,
                             HedgingOptions options)
    : calls_(std::make_shared<detail::CallsInFlight>()) {
    check(options);
    hedging_ = std::make_shared<detail::Hedging>(
        std::array<FallbackBackend, 2>{std::move(primary), std::move(secondary)},
        std::move(options));
    detail::check_backends(hedging_->backends);
}

HedgedBackend::~HedgedBackend() = default;

ChatCompletion HedgedBackend::chat_completion(const ChatRequest& request,
                                              const CallOptions& options) {
    const auto hedging = hedging_;  // The hook may destroy this backend.
    return answer_of(hedging, request, nullptr, options);
}

ChatCompletion HedgedBackend::chat_completion(const ChatRequest& request,
                                              const ChunkCallback& on_chunk,
                                              const CallOptions& options) {
    const auto hedging = hedging_;  // The callback may destroy this backend.
    return answer_of(hedging, request, &on_chunk, options);
}

CallHandle HedgedBackend::chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                                const CallOptions& options) {
    const auto hedging = hedging_;  // A handler may destroy this backend.
    const auto call = std::make_shared<detail::AsyncHedge>(hedging, request, std::move(handlers),
                                                           options, detail::drive_by_backend);
    CallHandle handle = call->handle();
    if (!calls_->add(handle)) raise(detail::cancellation());
    call->start(*hedging);
    return handle;
}

std::optional<ErrorDetails> HedgedBackend::unavailable(std::string_view model) const {
    return detail::all_unavailable(hedging_->backends, model);
}

}  // namespace cloud_backend
