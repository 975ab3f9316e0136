#include <cloud_backend/backend_error.hpp>
#include <cloud_backend/content_error.hpp>
#include <cloud_backend/error.hpp>

#include <utility>

namespace cloud_backend {

void raise(ErrorDetails details) {
    switch (details.code) {
        case ErrorCode::config:
            throw ConfigError(std::move(details));
        case ErrorCode::connection:
            throw ConnectionError(std::move(details));
        case ErrorCode::timeout:
            throw TimeoutError(std::move(details));
        case ErrorCode::bad_request:
            throw BadRequestError(std::move(details));
        case ErrorCode::authentication:
            throw AuthenticationError(std::move(details));
        case ErrorCode::permission_denied:
            throw PermissionDeniedError(std::move(details));
        case ErrorCode::not_found:
            throw NotFoundError(std::move(details));
        case ErrorCode::conflict:
            throw ConflictError(std::move(details));
        case ErrorCode::unprocessable_entity:
            throw UnprocessableEntityError(std::move(details));
        case ErrorCode::rate_limit:
            throw RateLimitError(std::move(details));
        case ErrorCode::quota_exceeded:
            throw QuotaExceededError(std::move(details));
        case ErrorCode::internal_server:
            throw InternalServerError(std::move(details));
        case ErrorCode::api:
            throw ApiError(std::move(details));
        case ErrorCode::stream:
            throw StreamError(std::move(details));
        case ErrorCode::stream_truncated:
            throw StreamTruncatedError(std::move(details));
        case ErrorCode::response:
            throw ResponseError(std::move(details));
        case ErrorCode::limit_exceeded:
            throw LimitExceededError(std::move(details));
        case ErrorCode::cancelled:
            throw CancelledError(std::move(details));
        case ErrorCode::circuit_open:
            throw CircuitBreakerError(std::move(details));
        case ErrorCode::backend:
            throw BackendError(std::move(details));
        case ErrorCode::all_backends_failed:
            throw AllBackendsFailedError(std::move(details));
        case ErrorCode::content:
            throw ContentError(std::move(details));
    }
    throw Error(std::move(details));
}

}  // namespace cloud_backend
