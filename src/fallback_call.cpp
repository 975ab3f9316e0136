#include "fallback_call.hpp"

#include "core/redact.hpp"
#include "core/router_metadata.hpp"
#include "failures.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cloud_backend::detail {

namespace {

/// How long it takes until the backend may answer; zero: it may now; `Duration::max()`: time alone
/// does not help.
Duration time_until_worth_asking(const FallbackBackend& backend, const ErrorDetails& failure) {
    const auto refusal = backend.backend->unavailable();
    const ErrorDetails& reason = refusal ? *refusal : failure;
    if (reason.retry_after) return *reason.retry_after;
    return reason.retryable ? Duration::zero() : Duration::max();
}

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

}  // namespace

ErrorDetails all_failed(const std::vector<FallbackBackend>& backends,
                        std::vector<BackendFailure> failures) {
    ErrorDetails details{.code = ErrorCode::all_backends_failed, .message = describe(failures)};
    Duration earliest = Duration::max();
    for (std::size_t i = 0; i < failures.size(); ++i) {
        const ErrorDetails& failure = *failures[i].error;
        details.retryable |= failure.retryable;
        earliest = std::min(earliest, time_until_worth_asking(backends[i], failure));
    }
    if (earliest != Duration::max()) details.retry_after = earliest;  // F5
    details.failures = std::move(failures);
    return details;
}

FallbackCall::FallbackCall(const FallbackPlan& plan)
    : plan_(plan),
      clock_(plan.options.now,
             plan.call_options.deadline ? plan.call_options.deadline : plan.options.deadline) {}

ChatCompletion FallbackCall::run() {
    for (const FallbackBackend& backend : plan_.backends) {
        check_interruption();
        if (auto refusal = backend.backend->unavailable()) {  // F1
            tell(FallbackDecision::Kind::skipped, backend, &*refusal);
            note_failure(backend, std::move(*refusal));
        } else if (ask(backend)) {
            return std::move(answer_);
        }
    }
    check_interruption();
    auto failure = all_failed(plan_.backends, std::exchange(failures_, {}));
    failure.attempts = std::move(attempts_);
    raise(std::move(failure));
}

void FallbackCall::check_interruption() {
    if (plan_.call_options.stop.stop_requested()) give_up(cancellation());
    const auto left = clock_.time_left(clock_.now());
    if (left && *left <= Duration::zero()) give_up(timeout_failure(TimeLimit::deadline, {}, {}));
}

bool FallbackCall::ask(const FallbackBackend& backend) {
    tell(FallbackDecision::Kind::asked, backend);
    const TimePoint asked_at = clock_.now();
    try {
        answer_ = answer_of(backend);
        if (plan_.stream != nullptr) finish_stream();
    } catch (...) {
        handle_failure(backend, std::current_exception());
        return false;
    }
    pass_on_what_the_callback_threw();
    complete(backend, asked_at);
    return true;
}

ChatCompletion FallbackCall::answer_of(const FallbackBackend& backend) {
    const auto ask = [&](const ChatRequest& request) {
        const CallOptions options = options_for(backend);
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
void FallbackCall::finish_stream() {
    plan_.stream->finish();
    const auto& delivered = plan_.stream->cut_short();
    if (!delivered) return;
    CallMetadata metadata = std::move(answer_.metadata);
    if (!plan_.stream->stopped()) {
        ErrorDetails failure = cancellation();
        failure.attempts = std::move(metadata.attempts);
        failure.failures = std::move(metadata.failures);
        failure.partial = delivered;
        raise(std::move(failure));
    }
    answer_ = *delivered;
    answer_.metadata = std::move(metadata);
}

CallOptions FallbackCall::options_for(const FallbackBackend& backend) const {
    using std::chrono::milliseconds;
    CallOptions options = plan_.call_options;
    if (const auto left = clock_.time_left(clock_.now())) {  // F4
        options.deadline = std::chrono::ceil<milliseconds>(*left);
    }
    if (another_is_available_after(backend)) {
        const milliseconds longest = plan_.options.max_retry_wait;
        options.max_retry_wait = std::min(options.max_retry_wait.value_or(longest), longest);
    }
    return options;
}

bool FallbackCall::another_is_available_after(const FallbackBackend& backend) const {
    const auto next = std::next(plan_.backends.begin(), &backend - plan_.backends.data() + 1);
    return std::any_of(next, plan_.backends.end(),
                       [](const FallbackBackend& other) { return !other.backend->unavailable(); });
}

void FallbackCall::complete(const FallbackBackend& backend, TimePoint asked_at) {
    tell(FallbackDecision::Kind::answered, backend);
    CallMetadata& metadata = answer_.metadata;
    const Duration asked_after = asked_at - clock_.started();
    metadata.time_to_first_byte += asked_after;
    if (metadata.time_to_first_chunk) *metadata.time_to_first_chunk += asked_after;
    metadata.total_time = clock_.now() - clock_.started();
    metadata.attempts.insert(metadata.attempts.begin(), attempts_.begin(), attempts_.end());
    note_answer(metadata, backend.name, model_of(backend));
    metadata.failures.insert(metadata.failures.begin(), failures_.begin(), failures_.end());
}

void FallbackCall::handle_failure(const FallbackBackend& backend,
                                  const std::exception_ptr& thrown) {
    pass_on_what_the_callback_threw();
    ErrorDetails failure = failure_of_backend(thrown);
    if (!has_begun()) failure.partial.reset();  // It was held back.
    const bool next_is_asked = may_fall_back(failure);
    tell(next_is_asked ? FallbackDecision::Kind::fell_back : FallbackDecision::Kind::gave_up,
         backend, &failure);
    if (!next_is_asked) give_up(std::move(failure));
    if (plan_.stream != nullptr) plan_.stream->drop_held();
    attempts_.insert(attempts_.end(), failure.attempts.begin(), failure.attempts.end());
    note_failure(backend, std::move(failure));
}

bool FallbackCall::may_fall_back(const ErrorDetails& failure) {
    if (failure.code == ErrorCode::cancelled || has_begun()) return false;  // F2, F3
    return clock_.off_the_clock([&] { return plan_.options.should_fall_back(failure); });
}

void FallbackCall::give_up(ErrorDetails failure) {
    failure.attempts.insert(failure.attempts.begin(), attempts_.begin(), attempts_.end());
    failure.failures.insert(failure.failures.begin(), failures_.begin(), failures_.end());
    raise(std::move(failure));
}

/// T7
void FallbackCall::pass_on_what_the_callback_threw() const {
    if (plan_.stream == nullptr) return;
    if (const auto& thrown = plan_.stream->thrown()) std::rethrow_exception(thrown);
}

bool FallbackCall::has_begun() const noexcept {
    return plan_.stream != nullptr && plan_.stream->has_begun();
}

std::string_view FallbackCall::model_of(const FallbackBackend& backend) const {
    const auto mapped = backend.models.find(plan_.request.model);
    if (mapped != backend.models.end()) return mapped->second;
    return backend.model.empty() ? plan_.request.model : backend.model;
}

void FallbackCall::note_failure(const FallbackBackend& backend, ErrorDetails failure) {
    failures_.push_back({.backend = backend.name,
                         .model = std::string(model_of(backend)),
                         .error = std::make_shared<const ErrorDetails>(std::move(failure))});
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
