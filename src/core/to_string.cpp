#include <cloud_backend/attempt.hpp>
#include <cloud_backend/circuit_breaker.hpp>

namespace cloud_backend {

std::string_view to_string(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::config:
            return "config";
        case ErrorCode::connection:
            return "connection";
        case ErrorCode::timeout:
            return "timeout";
        case ErrorCode::bad_request:
            return "bad_request";
        case ErrorCode::authentication:
            return "authentication";
        case ErrorCode::permission_denied:
            return "permission_denied";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::conflict:
            return "conflict";
        case ErrorCode::unprocessable_entity:
            return "unprocessable_entity";
        case ErrorCode::rate_limit:
            return "rate_limit";
        case ErrorCode::quota_exceeded:
            return "quota_exceeded";
        case ErrorCode::internal_server:
            return "internal_server";
        case ErrorCode::api:
            return "api";
        case ErrorCode::stream:
            return "stream";
        case ErrorCode::stream_truncated:
            return "stream_truncated";
        case ErrorCode::response:
            return "response";
        case ErrorCode::limit_exceeded:
            return "limit_exceeded";
        case ErrorCode::cancelled:
            return "cancelled";
        case ErrorCode::circuit_open:
            return "circuit_open";
        case ErrorCode::backend:
            return "backend";
        case ErrorCode::all_backends_failed:
            return "all_backends_failed";
        case ErrorCode::content:
            return "content";
    }
    return "unknown";
}

std::string_view to_string(CircuitState state) noexcept {
    switch (state) {
        case CircuitState::closed:
            return "closed";
        case CircuitState::open:
            return "open";
        case CircuitState::half_open:
            return "half_open";
        case CircuitState::isolated:
            return "isolated";
    }
    return "unknown";
}

}  // namespace cloud_backend
