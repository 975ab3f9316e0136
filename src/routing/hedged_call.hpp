#pragma once

#include "call_clock.hpp"
#include "routing/ask_backend.hpp"
#include "routing/first_event_times.hpp"

#include <cloud_backend/backend_failure.hpp>
#include <cloud_backend/chat.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/hedging.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/retry_budget.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cloud_backend::detail {

/// Of the two backends of a `HedgedBackend`; an index.
enum class Side : std::size_t { primary, secondary };

/// All that is fixed when a hedged call begins. What it refers to must live until the call is done.
struct HedgePlan {
    const std::array<FallbackBackend, 2>& backends;
    const HedgingOptions& options;
    FirstEventTimes& times;  ///< Of the primary, in calls of this form.
    RetryBudget& budget;
    const ChatRequest& request;
    const CallOptions& call_options;
};

/// One call through a `HedgedBackend` as a state machine without I/O: one backend or both are
/// asked, one has the call, and there is one result.
///
/// A driver asks whom `begin()` gives, and whom `hedge()` gives after `hedge_in()`; it says what
/// comes of them, and cancels whom `to_cancel()` names. Used by one thread at a time. Once it is
/// done nothing changes it, and what it was planned with may go.
class HedgedCall {
public:
    struct Ask {
        Side side{};
        AskBackend what{};
    };

    explicit HedgedCall(const HedgePlan& plan);

    /// Whom to ask first. Empty: it is done.
    [[nodiscard]] std::optional<Ask> begin();
    /// How long from now to wait for the primary alone. Empty: however long it takes.
    [[nodiscard]] std::optional<Duration> hedge_in() const;
    /// That time has passed. Whom to ask as well, if anybody.
    [[nodiscard]] std::optional<Ask> hedge();
    /// What the user is told of a hedge.
    [[nodiscard]] Hedge description() const;

    /// There is something of this one to deliver. Whether the call is its: else it goes nowhere.
    [[nodiscard]] bool gave(Side side);
    void answered(Side side, ChatCompletion answer);
    void failed(Side side, ErrorDetails failure);
    /// The user's callback threw this: it ends the call (SPEC T7).
    void threw(std::exception_ptr thrown);
    /// What came of this one could not be taken in: it ends the call, unless that is the other's.
    void broke(Side side, std::exception_ptr thrown) noexcept;

    /// Who is at work for nothing. Told once.
    [[nodiscard]] std::optional<Side> to_cancel() { return std::exchange(to_cancel_, {}); }
    [[nodiscard]] bool is_done() const noexcept { return outcome_.index() != 0; }
    /// Once done: the answer, or throws what the call ended with.
    [[nodiscard]] ChatCompletion result();

private:
    enum class State { not_asked, at_work, over };
    struct Runner {
        State state = State::not_asked;
        TimePoint asked_at{};
        std::optional<ErrorDetails> failure{};  ///< Or why it was not asked.
    };

    [[nodiscard]] Ask ask(Side side);
    [[nodiscard]] bool may_hedge() const;
    void decide_for(Side side);
    void give_up(Side side);
    void give_up_on_both();

    template <class Outcome>
    void add_the_other(Side side, Outcome& outcome);

    [[nodiscard]] std::optional<ErrorDetails> refusal_of(Side side) const;
    [[nodiscard]] BackendFailure failure_of(Side side) const;
    [[nodiscard]] const FallbackBackend& backend(Side side) const;
    [[nodiscard]] std::string_view model_of(Side side) const;
    [[nodiscard]] Runner& runner(Side side) { return runners_[static_cast<std::size_t>(side)]; }
    [[nodiscard]] const Runner& runner(Side side) const {
        return runners_[static_cast<std::size_t>(side)];
    }

    HedgePlan plan_;
    CallClock clock_;
    std::array<Runner, 2> runners_{};
    std::optional<Side> winner_{};
    std::optional<Side> to_cancel_{};
    std::variant<std::monostate, ChatCompletion, ErrorDetails, std::exception_ptr> outcome_{};
};

[[nodiscard]] constexpr Side other(Side side) noexcept {
    return side == Side::primary ? Side::secondary : Side::primary;
}

}  // namespace cloud_backend::detail
