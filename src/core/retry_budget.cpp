#include <cloud_backend/retry_budget.hpp>

#include <algorithm>

namespace cloud_backend {

RetryBudget::RetryBudget(RetryBudgetOptions options)
    : options_(options), tokens_(options.capacity) {}

bool RetryBudget::try_spend(Cost cost) {
    const double price =
        cost == Cost::ambiguous_retry ? options_.ambiguous_cost : options_.retry_cost;
    const std::scoped_lock lock(mutex_);
    if (tokens_ < price) return false;
    tokens_ -= price;
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
