#pragma once

#include <cloud_backend/clock.hpp>
#include <cloud_backend/metadata.hpp>

#include <cstdint>
#include <optional>

namespace cloud_batch {

using cloud_backend::Duration;
using cloud_backend::TimePoint;

/// Lets amounts through at a steady rate. What was not used of the last second may be used later.
class SteadyRate {
public:
    /// Without a rate everything is let through.
    explicit SteadyRate(std::optional<double> per_minute);

    /// When the next amount may pass, however large: those after it wait for it.
    [[nodiscard]] TimePoint next() const noexcept { return next_; }
    void spend(double amount, TimePoint now);
    /// So much was spent more, or less if it is negative, than was told.
    void correct(double amount);

private:
    Duration interval_{};  ///< Of an amount of 1.
    TimePoint next_{};
};

/// What a server says is left until it renews a limit. From when less than a quarter is left, that
/// is spread over the time, so that the limit is not met.
class ServerLimit {
public:
    void learn(const cloud_backend::RateLimit& said, TimePoint now);
    void spend(double amount, TimePoint now);
    [[nodiscard]] TimePoint next(double amount) const;

private:
    [[nodiscard]] bool is_short() const noexcept { return left_ < limit_ / 4; }

    double limit_ = 0;
    double left_ = 0;
    TimePoint renewed_at_{};
    TimePoint last_spent_{};
};

/// When requests may be sent, by the user's limits and by those the server tells.
class Pace {
public:
    struct Limits {
        std::optional<double> requests_per_minute{};
        std::optional<double> tokens_per_minute{};
    };
    explicit Pace(Limits limits);

    /// When one that will use about so many tokens may be sent; past times are now.
    [[nodiscard]] TimePoint next(std::int64_t tokens) const;
    void spend(std::int64_t tokens, TimePoint now);

    /// A request has used other than `estimated` tokens.
    void correct(std::int64_t estimated, std::int64_t used);
    void learn(const cloud_backend::RateLimits& said, TimePoint now);
    /// Nothing is to be sent before.
    void hold_until(TimePoint time);

private:
    SteadyRate requests_;
    SteadyRate tokens_;
    ServerLimit server_requests_{};
    ServerLimit server_tokens_{};
    TimePoint held_until_{};
};

}  // namespace cloud_batch
