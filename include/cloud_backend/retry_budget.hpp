#pragma once

#include <cloud_backend/export.hpp>

#include <mutex>

namespace cloud_backend {

/// Bounds the retries of an endpoint by its successes (SPEC R8), in tokens.
struct RetryBudgetOptions {
    double capacity = 10;       ///< Tokens at the start, and the most there can be.
    double retry_cost = 1;      ///< Taken by a retry.
    double ambiguous_cost = 2;  ///< Taken by a retry of a request that may have been processed.
    double refund = 0.3;        ///< Given back by a successful attempt.
};

/// A token bucket for retries: while an endpoint fails, retries run dry instead of adding load.
/// Thread-safe; never throws.
class CLOUD_BACKEND_EXPORT RetryBudget {
public:
    /// What a retry costs.
    enum class Cost { retry, ambiguous_retry };

    /// Full at first.
    explicit RetryBudget(RetryBudgetOptions options = {});

    /// Takes the tokens for one retry; false, and nothing taken, when there are too few.
    [[nodiscard]] bool try_spend(Cost cost);
    /// A successful attempt gives a part of a token back.
    void refund();
    /// How many there are now.
    [[nodiscard]] double tokens() const;

private:
    const RetryBudgetOptions options_;
    mutable std::mutex mutex_;
    double tokens_;
};

}  // namespace cloud_backend
