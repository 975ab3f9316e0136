#pragma once

#include "call_clock.hpp"
#include "held_back_stream.hpp"

#include <cloud_backend/backend_failure.hpp>
#include <cloud_backend/chat.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/options.hpp>

#include <exception>
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
    /// False: it failed, and the next one is to be asked.
    [[nodiscard]] bool ask(const FallbackBackend& backend);
    [[nodiscard]] ChatCompletion answer_of(const FallbackBackend& backend);
    [[nodiscard]] CallOptions options_for(const FallbackBackend& backend) const;
    [[nodiscard]] bool another_is_available_after(const FallbackBackend& backend) const;

    void check_interruption();
    void finish_stream();
    void complete(const FallbackBackend& backend, TimePoint asked_at);
    void handle_failure(const FallbackBackend& backend, const std::exception_ptr& thrown);
    [[nodiscard]] bool may_fall_back(const ErrorDetails& failure);
    [[noreturn]] void give_up(ErrorDetails failure);
    void pass_on_what_the_callback_threw() const;

    [[nodiscard]] bool has_begun() const noexcept;
    [[nodiscard]] std::string_view model_of(const FallbackBackend& backend) const;
    void note_failure(const FallbackBackend& backend, ErrorDetails failure);
    void tell(FallbackDecision::Kind kind, const FallbackBackend& backend,
              const ErrorDetails* error = nullptr);

    FallbackPlan plan_;
    CallClock clock_;
    std::vector<BackendFailure> failures_{};
    std::vector<AttemptInfo> attempts_{};  ///< Of the backends that failed.
    ChatCompletion answer_{};
};

/// The error of a router none of whose backends answers, or would. `failures` has one for each.
[[nodiscard]] ErrorDetails all_failed(const std::vector<FallbackBackend>& backends,
                                      std::vector<BackendFailure> failures);

}  // namespace cloud_backend::detail
