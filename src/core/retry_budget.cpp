#include <cloud_backend/retry_budget.hpp>

#include <algorithm>

namespace cloud_backend {

RetryBudget::RetryBudget(RetryBudgetOptions options)
    : options_(options), tokens_(options.capacity) {}

bool RetryBudget::try_spend(Cost cost) {
    constexpr double rounding = 1e-9;  // Ten times 0.3 is less than 3.
    const double price =
        cost == Cost::ambiguous_retry ? options_.ambiguous_cost : options_.retry_cost;
    const std::scoped_lock lock(mutex_);
    if (tokens_ + rounding < price) return false;
    tokens_ = std::max(tokens_ - price, 0.0);
    return true;
}

void RetryBudget::refund() {
    const std::scoped_lock lock(mutex_);
    tokens_ = std::min(options_.capacity, tokens_ + options_.refund);
}

double RetryBudget::tokens() const {
    const std::scoped_lock lock(mutex_);
    return tokens_;
}

}  // namespace cloud_backend
