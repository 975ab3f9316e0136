#include <cloud_backend/error.hpp>
#include <cloud_backend/fallback.hpp>

namespace cloud_backend {

namespace {

/// Of an answer with an error status, or of an error inside a 200 answer that names one, or none.
bool is_fault_of_backend(int status) {
    switch (status) {
        case 0:
        case 401:
        case 402:
        case 403:
        case 404:
        case 408:
        case 429:
            return true;
        default:
            return status >= 500;
    }
}

}  // namespace

bool FallbackRule::operator()(const ErrorDetails& error) const {
    const ApiDetails& api = error.api;
    if (api.context_length_exceeded || api.content_filter) {  // Whatever the status.
        return (api.context_length_exceeded && context_length) ||
               (api.content_filter && content_filter);
    }
    switch (error.code) {
        case ErrorCode::config:
        case ErrorCode::connection:
        case ErrorCode::timeout:
        case ErrorCode::authentication:
        case ErrorCode::permission_denied:
        case ErrorCode::not_found:
        case ErrorCode::rate_limit:
        case ErrorCode::quota_exceeded:
        case ErrorCode::internal_server:
        case ErrorCode::stream_truncated:
        case ErrorCode::response:
        case ErrorCode::circuit_open:
        case ErrorCode::backend:
        case ErrorCode::all_backends_failed:
        case ErrorCode::content:
            return true;
        case ErrorCode::api:
        case ErrorCode::stream:
            return is_fault_of_backend(api.status);
        case ErrorCode::bad_request:
        case ErrorCode::conflict:
        case ErrorCode::unprocessable_entity:
        case ErrorCode::limit_exceeded:
        case ErrorCode::cancelled:
            return false;
    }
    return false;
}

}  // namespace cloud_backend
