#include "core/redact.hpp"

#include <cloud_backend/backend_error.hpp>
#include <cloud_backend/content_error.hpp>
#include <cloud_backend/error.hpp>

#include <string>
#include <utility>

namespace cloud_backend {

namespace {

/// E2
std::string describe(const ErrorDetails& details) {
    constexpr std::size_t longest = 1024;
    constexpr std::size_t longest_part = 128;  // So that a long message cannot push the rest out.
    std::string tail;
    if (!details.api.code.empty()) {
        tail += " (" + detail::printable(details.api.code, longest_part) + ")";
    }
    if (!details.request_id.empty()) {
        tail += " [request id " + detail::printable(details.request_id, longest_part) + "]";
    }
    std::string text;
    if (details.api.status != 0) text = std::to_string(details.api.status) + " ";
    return text + detail::printable(details.message, longest - tail.size() - text.size()) + tail;
}

}  // namespace

Error::Error(ErrorDetails details)
    : std::runtime_error(describe(details)),
      details_(std::make_shared<const ErrorDetails>(std::move(details))) {}

Error::Error(const Error&) noexcept = default;
Error& Error::operator=(const Error&) noexcept = default;
Error::~Error() = default;

ConfigError::ConfigError(std::string message)
    : Error({.code = ErrorCode::config, .message = std::move(message)}) {}

ConfigError::~ConfigError() = default;
ConnectionError::~ConnectionError() = default;
TimeoutError::~TimeoutError() = default;
ApiError::~ApiError() = default;
BadRequestError::~BadRequestError() = default;
AuthenticationError::~AuthenticationError() = default;
PermissionDeniedError::~PermissionDeniedError() = default;
NotFoundError::~NotFoundError() = default;
ConflictError::~ConflictError() = default;
UnprocessableEntityError::~UnprocessableEntityError() = default;
RateLimitError::~RateLimitError() = default;
QuotaExceededError::~QuotaExceededError() = default;
InternalServerError::~InternalServerError() = default;
StreamError::~StreamError() = default;
StreamTruncatedError::~StreamTruncatedError() = default;
ResponseError::~ResponseError() = default;
LimitExceededError::~LimitExceededError() = default;
CancelledError::~CancelledError() = default;
CircuitBreakerError::~CircuitBreakerError() = default;
BackendError::~BackendError() = default;
AllBackendsFailedError::~AllBackendsFailedError() = default;
ContentError::~ContentError() = default;

}  // namespace cloud_backend
