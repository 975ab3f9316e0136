#pragma once

#include "call_clock.hpp"
#include "routing/held_back_stream.hpp"

#include <cloud_backend/backend_failure.hpp>
#include <cloud_backend/chat.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/options.hpp>

#include <exception>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace cloud_backend::detail {

/// All that is fixed when a call through a router begins. What it refers to must outlive the call.
struct FallbackPlan {
    const std::vector<FallbackBackend>& backends;
    const FallbackOptions& options;
    const ChatRequest& request;
    const CallOptions& call_options;
    HeldBackStream* stream = nullptr;  ///< Null: the whole answer is asked for.
};

/// One call through a router: asks one backend after the other until one answers.
class FallbackCall {
public:
    explicit FallbackCall(const FallbackPlan& plan);

    /// Throws what the call ends with.
    [[nodiscard]] ChatCompletion run();

private:
    using Backends = std::span<const FallbackBackend>;

    /// Empty: it failed, and the next one is to be asked.
    [[nodiscard]] std::optional<ChatCompletion> ask(const FallbackBackend& backend,
                                                    Backends behind_it);
    [[nodiscard]] CallOptions options_for(const FallbackBackend& backend, Backends behind_it) const;
    [[nodiscard]] ChatCompletion answer_of(const FallbackBackend& backend,
                                           const CallOptions& options);
    void finish_stream(ChatCompletion& answer) const;
    void complete(const FallbackBackend& backend, ChatCompletion& answer, TimePoint asked_at);

    void handle_failure(const FallbackBackend& backend, const std::exception_ptr& thrown);
    [[nodiscard]] bool may_fall_back(const ErrorDetails& failure);
    void note_failure(const FallbackBackend& backend, ErrorDetails failure);
    [[noreturn]] void give_up(ErrorDetails failure);
    [[noreturn]] void give_up_on_all();

    [[nodiscard]] std::optional<ErrorDetails> interruption() const;
    [[nodiscard]] std::exception_ptr thrown_by_callback() const;
    [[nodiscard]] bool has_begun() const noexcept;
    [[nodiscard]] std::string_view model_of(const FallbackBackend& backend) const;
    void tell(FallbackDecision::Kind kind, const FallbackBackend& backend,
              const ErrorDetails* error = nullptr);

    FallbackPlan plan_;
    CallClock clock_;
    std::vector<BackendFailure> failures_{};
    std::vector<TimePoint> failed_at_{};
    std::vector<AttemptInfo> attempts_{};  ///< Of the backends that failed.
};

/// What the backend is asked for in place of `model`.
[[nodiscard]] std::string_view model_for(const FallbackBackend& backend, std::string_view model);

/// How long it takes until a backend that failed so may answer; zero: it may at once;
/// `Duration::max()`: time alone does not help.
[[nodiscard]] Duration wait_after(const ErrorDetails& failure);

/// The error of a router none of whose backends answers, or would; `failures` has one for each.
[[nodiscard]] ErrorDetails all_failed(std::vector<BackendFailure> failures, Duration earliest);

}  // namespace cloud_backend::detail
