#pragma once

#include "call_clock.hpp"
#include "routing/ask_backend.hpp"
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
#include <variant>
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

/// One call through a router as a state machine without I/O: one backend after the other, until one
/// answers, and one result.
///
/// A driver asks whom `next()` gives, says what came of it, and goes on until there is nobody to
/// ask. What the router's user throws out of a function of its own passes through, and ends the
/// call. Used by one thread at a time.
class FallbackCall {
public:
    explicit FallbackCall(const FallbackPlan& plan);

    /// Empty: it is done.
    [[nodiscard]] std::optional<AskBackend> next();
    /// The backend that was asked last has answered; chunks of its answer went to the plan's
    /// stream.
    void answered(ChatCompletion answer);
    /// It threw this.
    void failed(const std::exception_ptr& thrown);

    /// Once done: the answer, or throws what the call ended with. The one place where failures
    /// become exceptions.
    [[nodiscard]] ChatCompletion result();

private:
    using Backends = std::span<const FallbackBackend>;

    [[nodiscard]] bool is_done() const noexcept { return outcome_.index() != 0; }
    [[nodiscard]] AskBackend ask(const FallbackBackend& backend, Backends behind_it);
    void complete(ChatCompletion& answer);

    [[nodiscard]] bool may_fall_back(const ErrorDetails& failure);
    void note_failure(const FallbackBackend& backend, ErrorDetails failure);
    void give_up(ErrorDetails failure);
    void give_up_on_all();

    [[nodiscard]] std::optional<ErrorDetails> interruption() const;
    [[nodiscard]] std::exception_ptr thrown_by_callback() const;
    [[nodiscard]] bool has_begun() const noexcept;
    [[nodiscard]] std::string_view model_of(const FallbackBackend& backend) const;
    void tell(FallbackDecision::Kind kind, const FallbackBackend& backend,
              const ErrorDetails* error = nullptr);

    FallbackPlan plan_;
    CallClock clock_;
    Backends left_;  ///< To be asked or skipped.
    const FallbackBackend* asked_ = nullptr;
    TimePoint asked_at_{};
    std::vector<BackendFailure> failures_{};
    std::vector<TimePoint> failed_at_{};
    std::vector<AttemptInfo> attempts_{};  ///< Of the backends that failed.
    std::variant<std::monostate, ChatCompletion, ErrorDetails, std::exception_ptr> outcome_{};
};

/// How long it takes until a backend that failed so may answer; zero: it may at once;
/// `Duration::max()`: time alone does not help.
[[nodiscard]] Duration wait_after(const ErrorDetails& failure);

/// The error of a router none of whose backends answers, or would; `failures` has one for each.
[[nodiscard]] ErrorDetails all_failed(std::vector<BackendFailure> failures, Duration earliest);

/// The error of a router, if none of its backends is available.
[[nodiscard]] std::optional<ErrorDetails> all_unavailable(std::span<const FallbackBackend> backends,
                                                          std::string_view model);

}  // namespace cloud_backend::detail
