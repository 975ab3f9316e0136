#include "pace.hpp"

#include <algorithm>
#include <chrono>

namespace cloud_batch {

namespace {

using FloatSeconds = std::chrono::duration<double>;

Duration times(Duration duration, double factor) {
    return std::chrono::round<Duration>(FloatSeconds(duration) * factor);
}

}  // namespace

SteadyRate::SteadyRate(std::optional<double> per_minute)
    : interval_(per_minute ? std::chrono::round<Duration>(FloatSeconds(60 / *per_minute))
                           : Duration::zero()) {}

void SteadyRate::spend(double amount, TimePoint now) {
    constexpr std::chrono::seconds unused{1};
    next_ = std::max(next_, now - unused) + times(interval_, amount);
}

void SteadyRate::correct(double amount) {
    next_ += times(interval_, amount);
}

void ServerLimit::learn(const cloud_backend::RateLimit& said, TimePoint now) {
    if (!said.remaining || !said.reset_in) return;
    left_ = static_cast<double>(*said.remaining);
    limit_ = said.limit ? static_cast<double>(*said.limit) : std::max(limit_, left_);
    renewed_at_ = now + *said.reset_in;
}

void ServerLimit::spend(double amount, TimePoint now) {
    left_ -= amount;
    last_spent_ = now;
}

TimePoint ServerLimit::next(double amount) const {
    if (last_spent_ >= renewed_at_ || !is_short()) return {};
    return left_ <= amount ? renewed_at_
                           : last_spent_ + times(renewed_at_ - last_spent_, amount / left_);
}

Pace::Pace(Limits limits)
    : requests_(limits.requests_per_minute), tokens_(limits.tokens_per_minute) {}

TimePoint Pace::next(std::int64_t tokens) const {
    return std::max({held_until_, requests_.next(), tokens_.next(), server_requests_.next(1),
                     server_tokens_.next(static_cast<double>(tokens))});
}

void Pace::spend(std::int64_t tokens, TimePoint now) {
    const auto amount = static_cast<double>(tokens);
    requests_.spend(1, now);
    tokens_.spend(amount, now);
    server_requests_.spend(1, now);
    server_tokens_.spend(amount, now);
}

void Pace::correct(std::int64_t estimated, std::int64_t used) {
    tokens_.correct(static_cast<double>(used - estimated));
}

void Pace::learn(const cloud_backend::RateLimits& said, TimePoint now) {
    server_requests_.learn(said.requests, now);
    server_tokens_.learn(said.tokens, now);
}

void Pace::hold_until(TimePoint time) {
    held_until_ = std::max(held_until_, time);
}

}  // namespace cloud_batch
