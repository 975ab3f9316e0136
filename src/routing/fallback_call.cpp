#include "routing/fallback_call.hpp"

#include "core/redact.hpp"
#include "failures.hpp"
#include "routing/interruption.hpp"
#include "routing/router_metadata.hpp"

#include <algorithm>
#include <chrono>
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

std::string_view model_for(const FallbackBackend& backend, std::string_view model) {
    const auto mapped = backend.models.find(model);
    if (mapped != backend.models.end()) return mapped->second;
    return backend.model.empty() ? model : std::string_view(backend.model);
}

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

FallbackCall::FallbackCall(const FallbackPlan& plan)
    : plan_(plan),
      clock_(plan.options.now,
             plan.call_options.deadline ? plan.call_options.deadline : plan.options.deadline) {}

ChatCompletion FallbackCall::run() {
    const Backends backends(plan_.backends);
    for (std::size_t i = 0; i < backends.size(); ++i) {
        if (auto interrupted = interruption()) give_up(std::move(*interrupted));
        const FallbackBackend& backend = backends[i];
        if (auto refusal = backend.backend->unavailable(model_of(backend))) {  // F1
            tell(FallbackDecision::Kind::skipped, backend, &*refusal);
            note_failure(backend, std::move(*refusal));
        } else if (auto answer = ask(backend, backends.subspan(i + 1))) {
            return std::move(*answer);
        }
    }
    give_up_on_all();
}

// --- asking one ---------------------------------------------------------------------------------

std::optional<ChatCompletion> FallbackCall::ask(const FallbackBackend& backend,
                                                Backends behind_it) {
    const CallOptions options = options_for(backend, behind_it);
    tell(FallbackDecision::Kind::asked, backend);
    const TimePoint asked_at = clock_.now();
    std::optional<ChatCompletion> answer;
    try {
        answer = answer_of(backend, options);
        if (plan_.stream != nullptr) finish_stream(*answer);
        // The backend may have kept it to itself.
        if (const auto thrown = thrown_by_callback()) std::rethrow_exception(thrown);
    } catch (...) {
        handle_failure(backend, std::current_exception());
        return std::nullopt;
    }
    complete(backend, *answer, asked_at);
    return answer;
}

CallOptions FallbackCall::options_for(const FallbackBackend& backend, Backends behind_it) const {
    using std::chrono::milliseconds;
    CallOptions options = plan_.call_options;
    if (const auto left = clock_.time_left(clock_.now())) {  // F4
        options.deadline = std::chrono::ceil<milliseconds>(*left);
    }
    if (backend.deadline) {
        options.deadline =
            std::min(options.deadline.value_or(*backend.deadline), *backend.deadline);
    }
    const bool another_is_available =
        std::ranges::any_of(behind_it, [this](const FallbackBackend& other) {
            return !other.backend->unavailable(model_of(other));
        });
    if (another_is_available) {
        const milliseconds longest = plan_.options.max_retry_wait;
        options.max_retry_wait = std::min(options.max_retry_wait.value_or(longest), longest);
    }
    return options;
}

ChatCompletion FallbackCall::answer_of(const FallbackBackend& backend, const CallOptions& options) {
    const auto ask = [&](const ChatRequest& request) {
        if (plan_.stream == nullptr) return backend.backend->chat_completion(request, options);
        const auto take = [this](const ChatChunk& chunk) { return plan_.stream->take(chunk); };
        return backend.backend->chat_completion(request, take, options);
    };
    if (model_of(backend) == plan_.request.model) return ask(plan_.request);
    ChatRequest request = plan_.request;
    request.model = model_of(backend);
    return ask(request);
}

/// A backend takes all it gave for delivered, and a stream that takes no more for stopped by the
/// callback.
void FallbackCall::finish_stream(ChatCompletion& answer) const {
    plan_.stream->finish();
    const auto& delivered = plan_.stream->cut_short();
    if (!delivered) return;
    CallMetadata metadata = std::move(answer.metadata);
    if (!plan_.stream->stopped()) {
        ErrorDetails failure = cancellation();
        failure.attempts = std::move(metadata.attempts);
        failure.failures = std::move(metadata.failures);
        raise(std::move(failure));
    }
    answer = *delivered;
    answer.metadata = std::move(metadata);
}

void FallbackCall::complete(const FallbackBackend& backend, ChatCompletion& answer,
                            TimePoint asked_at) {
    tell(FallbackDecision::Kind::answered, backend);
    CallMetadata& metadata = answer.metadata;
    const Duration asked_after = asked_at - clock_.started();
    // A function has no bytes.
    if (metadata.time_to_first_byte > Duration::zero()) metadata.time_to_first_byte += asked_after;
    if (metadata.time_to_first_chunk) *metadata.time_to_first_chunk += asked_after;
    metadata.total_time = clock_.now() - clock_.started();
    metadata.attempts.insert(metadata.attempts.begin(), attempts_.begin(), attempts_.end());
    note_answer(metadata, backend.name, model_of(backend));
    metadata.failures.insert(metadata.failures.begin(), failures_.begin(), failures_.end());
}

// --- when it fails ------------------------------------------------------------------------------

void FallbackCall::handle_failure(const FallbackBackend& backend,
                                  const std::exception_ptr& thrown) {
    using Kind = FallbackDecision::Kind;
    if (const auto by_callback = thrown_by_callback()) {  // T7
        tell(Kind::gave_up, backend);
        std::rethrow_exception(by_callback);
    }
    ErrorDetails failure = failure_of_backend(thrown);
    if (!has_begun()) {
        failure.partial.reset();  // It was held back.
    } else if (const auto& delivered = plan_.stream->cut_short()) {
        failure.partial = delivered;
    }
    const bool is_final = has_begun() || failure.code == ErrorCode::cancelled;  // F3, F2
    auto interrupted = is_final ? std::nullopt : interruption();
    const bool next_is_asked = !is_final && !interrupted && may_fall_back(failure);
    tell(next_is_asked ? Kind::fell_back : Kind::gave_up, backend, &failure);
    if (!next_is_asked && !interrupted) give_up(std::move(failure));
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
    raise(std::move(failure));
}

void FallbackCall::give_up_on_all() {
    if (std::ranges::all_of(failures_, is_config_error)) raise(*failures_.front().error);
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
    raise(std::move(failure));
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
