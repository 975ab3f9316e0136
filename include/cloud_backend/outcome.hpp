#pragma once

namespace cloud_backend {

/// What an attempt says about the health of the endpoint (SPEC 3).
enum class Outcome {
    success,    ///< The answer was complete and of the promised kind.
    failure,    ///< The endpoint failed: connection, timeout, 5xx, cut or unreadable answer.
    throttled,  ///< 429, or a rate-limit error inside a stream: alive, but busy.
    rejected,   ///< The endpoint is alive and refused the request: 3xx, 4xx, quota.
    neutral,    ///< Says nothing of the endpoint: cancelled, callback threw, local limit.
};

}  // namespace cloud_backend
