#include "routing/fallback_call.hpp"

#include "core/redact.hpp"
#include "failures.hpp"
#include "routing/interruption.hpp"
#include "routing/router_metadata.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cloud_backend::detail {

namespace {

std::string describe(const std::vector<BackendFailure>& failures) {
    std::string text = failures.size() == 1
                           ? "the only backend failed"
                           : "all " + std::to_string(failures.size()) + " backends failed";
    // Each has its part, so that a long message cannot push the others out (E2).
    constexpr std::size_t longest_in_all = 900;
    const std::size_t longest = longest_in_all / failures.size();
    const char* separator = ": ";
    for (const BackendFailure& failure : failures) {
        text += std::exchange(separator, "; ");
        text += printable(failure.backend + ": " + failure.error->message, longest);
    }
    return text;
}

bool is_config_error(const BackendFailure& failure) {
    return failure.error->code == ErrorCode::config;
}

}  // namespace

Duration wait_after(const ErrorDetails& failure) {
    if (failure.retry_after) return *failure.retry_after;
    return failure.retryable ? Duration::zero() : Duration::max();
}

ErrorDetails all_failed(std::vector<BackendFailure> failures, Duration earliest) {
    ErrorDetails details{.code = ErrorCode::all_backends_failed, .message = describe(failures)};
    for (const auto& failure : failures) details.retryable |= failure.error->retryable;
    if (earliest != Duration::max()) details.retry_after = earliest;  // F5
    details.failures = std::move(failures);
    return details;
}

std::optional<ErrorDetails> all_unavailable(std::span<const FallbackBackend> backends,
                                            std::string_view model) {
    std::vector<BackendFailure> failures;
    Duration earliest = Duration::max();
    for (const FallbackBackend& backend : backends) {
        const std::string_view own_model = model_for(backend, model);
        auto refusal = backend.backend->unavailable(own_model);
        if (!refusal) return std::nullopt;
        earliest = std::min(earliest, wait_after(*refusal));
        failures.push_back({.backend = backend.name,
                            .model = std::string(own_model),
                            .error = std::make_shared<const ErrorDetails>(std::move(*refusal))});
    }
    return all_failed(std::move(failures), earliest);
}

FallbackCall::FallbackCall(const FallbackPlan& plan)
    : plan_(plan),
      clock_(plan.options.now,
             plan.call_options.deadline ? plan.call_options.deadline : plan.options.deadline),
      left_(plan.backends) {}

ChatCompletion FallbackCall::result() {
    if (auto* answer = std::get_if<ChatCompletion>(&outcome_)) return std::move(*answer);
    if (auto* failure = std::get_if<ErrorDetails>(&outcome_)) raise(std::move(*failure));
    std::rethrow_exception(std::get<std::exception_ptr>(outcome_));
}

// --- asking one ---------------------------------------------------------------------------------

std::optional<AskBackend> FallbackCall::next() {
    while (!is_done() && !left_.empty()) {
        if (auto interrupted = interruption()) {
            give_up(std::move(*interrupted));
            return std::nullopt;
        }
        const FallbackBackend& backend = left_.front();
        left_ = left_.subspan(1);
        auto refusal = backend.backend->unavailable(model_of(backend));  // F1
        if (!refusal) return ask(backend, left_);
        tell(FallbackDecision::Kind::skipped, backend, &*refusal);
        note_failure(backend, std::move(*refusal));
    }
    if (!is_done()) give_up_on_all();
    return std::nullopt;
}

AskBackend FallbackCall::ask(const FallbackBackend& backend, Backends behind_it) {
    AskBackend ask = ask_for(backend, plan_.request, plan_.call_options, clock_);
    const bool another_is_available =
        std::ranges::any_of(behind_it, [this](const FallbackBackend& other) {
            return !other.backend->unavailable(model_of(other));
        });
    if (another_is_available) {  // F4
        const auto longest = plan_.options.max_retry_wait;
        ask.options.max_retry_wait =
            std::min(ask.options.max_retry_wait.value_or(longest), longest);
    }
    tell(FallbackDecision::Kind::asked, backend);
    asked_ = &backend;
    asked_at_ = clock_.now();
    return ask;
}

// --- when it answers ----------------------------------------------------------------------------

void FallbackCall::answered(ChatCompletion answer) {
    try {
        if (plan_.stream != nullptr) plan_.stream->complete(answer);
    } catch (...) {
        failed(std::current_exception());
        return;
    }
    complete(answer);
    outcome_ = std::move(answer);
}

void FallbackCall::complete(ChatCompletion& answer) {
    tell(FallbackDecision::Kind::answered, *asked_);
    CallMetadata& metadata = answer.metadata;
    note_times(metadata, asked_at_ - clock_.started(), clock_.now() - clock_.started());
    metadata.attempts.insert(metadata.attempts.begin(), attempts_.begin(), attempts_.end());
    note_answer(metadata, asked_->name, model_of(*asked_));
    metadata.failures.insert(metadata.failures.begin(), failures_.begin(), failures_.end());
}

// --- when it fails ------------------------------------------------------------------------------

void FallbackCall::failed(const std::exception_ptr& thrown) {
    using Kind = FallbackDecision::Kind;
    const FallbackBackend& backend = *asked_;
    if (auto by_callback = thrown_by_callback()) {  // T7
        tell(Kind::gave_up, backend);
        outcome_ = std::move(by_callback);
        return;
    }
    ErrorDetails failure = failure_of_backend(thrown);
    if (plan_.stream != nullptr) {
        plan_.stream->correct(failure);
    } else {
        failure.partial.reset();
    }
    const bool is_final = has_begun() || failure.code == ErrorCode::cancelled;  // F3, F2
    auto interrupted = is_final ? std::nullopt : interruption();
    const bool next_is_asked = !is_final && !interrupted && may_fall_back(failure);
    tell(next_is_asked ? Kind::fell_back : Kind::gave_up, backend, &failure);
    if (!next_is_asked && !interrupted) {
        give_up(std::move(failure));
        return;
    }
    if (plan_.stream != nullptr) plan_.stream->drop_held();
    attempts_.insert(attempts_.end(), failure.attempts.begin(), failure.attempts.end());
    note_failure(backend, std::move(failure));
    if (interrupted) give_up(std::move(*interrupted));
}

bool FallbackCall::may_fall_back(const ErrorDetails& failure) {
    return clock_.off_the_clock([&] { return plan_.options.should_fall_back(failure); });
}

void FallbackCall::note_failure(const FallbackBackend& backend, ErrorDetails failure) {
    failures_.push_back({.backend = backend.name,
                         .model = std::string(model_of(backend)),
                         .error = std::make_shared<const ErrorDetails>(std::move(failure))});
    failed_at_.push_back(clock_.now());
}

void FallbackCall::give_up(ErrorDetails failure) {
    failure.attempts.insert(failure.attempts.begin(), attempts_.begin(), attempts_.end());
    failure.failures.insert(failure.failures.begin(), failures_.begin(), failures_.end());
    outcome_ = std::move(failure);
}

void FallbackCall::give_up_on_all() {
    if (std::ranges::all_of(failures_, is_config_error)) {
        outcome_ = *failures_.front().error;
        return;
    }
    const TimePoint now = clock_.now();
    Duration earliest = Duration::max();
    for (std::size_t i = 0; i < failures_.size(); ++i) {
        const FallbackBackend& backend = plan_.backends[i];
        Duration wait = wait_after(*failures_[i].error);
        if (const auto refusal = backend.backend->unavailable(model_of(backend))) {
            wait = wait_after(*refusal);
        } else if (wait != Duration::max()) {
            wait = std::max(wait - (now - failed_at_[i]), Duration::zero());
        }
        earliest = std::min(earliest, wait);
    }
    auto failure = all_failed(std::exchange(failures_, {}), earliest);
    failure.attempts = std::move(attempts_);
    outcome_ = std::move(failure);
}

// --- what it looks at ---------------------------------------------------------------------------

std::optional<ErrorDetails> FallbackCall::interruption() const {
    return detail::interruption(plan_.call_options.stop, clock_);
}

std::exception_ptr FallbackCall::thrown_by_callback() const {
    return plan_.stream == nullptr ? nullptr : plan_.stream->thrown();
}

bool FallbackCall::has_begun() const noexcept {
    return plan_.stream != nullptr && plan_.stream->has_begun();
}

std::string_view FallbackCall::model_of(const FallbackBackend& backend) const {
    return model_for(backend, plan_.request.model);
}

void FallbackCall::tell(FallbackDecision::Kind kind, const FallbackBackend& backend,
                        const ErrorDetails* error) {
    if (!plan_.options.on_decision) return;
    try {
        clock_.off_the_clock([&] {
            plan_.options.on_decision({.kind = kind,
                                       .backend = backend.name,
                                       .model = model_of(backend),
                                       .error = error});
        });
    } catch (...) {  // NOLINT(bugprone-empty-catch): as FallbackOptions says.
    }
}

}  // namespace cloud_backend::detail
