#pragma once

#include <cloud_backend/attempt.hpp>
#include <cloud_backend/backend_failure.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/headers.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cloud_backend {

struct ChatCompletion;

/// How far an attempt was when its connection failed.
enum class ConnectionStage { resolve, connect, tls, send, receive };

/// Which of the time limits was passed (SPEC T5).
enum class TimeLimit { connect, first_byte, idle, content_idle, deadline };

/// What the server said of an error, from its status, headers and body (SPEC E1).
struct ApiDetails {
    int status = 0;       ///< HTTP status, or the one an error inside a stream names; 0 if none.
    std::string code{};   ///< `error.code`, integers as text.
    std::string type{};   ///< `error.type`
    std::string param{};  ///< `error.param`
    Headers headers{};
    std::string body{};  ///< At most 64 KiB. It may quote the prompt: do not log it.
    bool context_length_exceeded = false;
    bool content_filter = false;
};

/// What is known of a failed connection.
struct ConnectionDetails {
    ConnectionStage stage{};
    int curl_code = 0;
    bool sent = false;  ///< The request may have reached the server.
    std::optional<TimeLimit> limit{};
};

/// Why the content of an answer is not the JSON that was asked for.
enum class ContentFault {
    cut,          ///< The answer met a limit of tokens (finish reason `length`).
    filtered,     ///< A content filter stopped it.
    refused,      ///< The model will not answer; it says why in `Message::refusal`.
    tool_calls,   ///< It calls tools, which must answer first; see `run_tools`.
    empty,        ///< There is no choice, or no content in it.
    not_json,     ///< Text, or broken JSON.
    too_deep,     ///< JSON nested deeper than is safe to read (SPEC T8).
    wrong_shape,  ///< JSON, but not of the type that was asked for.
};

/// The value behind every `Error`. Inside the library failures travel as this; it becomes an
/// exception at the edge. A backend of one's own may make errors from it.
struct ErrorDetails {
    ErrorCode code{};
    std::string message{};
    bool retryable = false;
    std::vector<AttemptInfo> attempts{};
    std::string request_id{};
    std::optional<Duration> retry_after{};
    std::shared_ptr<const ChatCompletion> partial{};

    ApiDetails api{};
    ConnectionDetails connection{};
    std::string content_type{};    ///< Of a `ResponseError`.
    std::size_t events_seen = 0;   ///< Of a `StreamTruncatedError`.
    ContentFault content_fault{};  ///< Of a `ContentError`.
    /// The backends of a router that were skipped or failed before.
    std::vector<BackendFailure> failures{};
};

/// Base of everything the library throws, but for the exceptions of the user's own callbacks,
/// which pass through unchanged (SPEC T7), and `std::bad_alloc`.
///
/// `what()` gives status, message, code and request id in at most 1 KiB, control characters
/// escaped, never the key (SPEC E2). A server's message may quote the prompt: think before logging
/// it. Copying never throws; copies share their details. Thread-safe once thrown.
class CLOUD_BACKEND_EXPORT Error : public std::runtime_error {
public:
    /// `raise()` makes the type that `details.code` names.
    explicit Error(ErrorDetails details);
    Error(const Error&) noexcept;
    Error& operator=(const Error&) noexcept;
    ~Error() override;

    /// Which type this is, for a `switch`.
    [[nodiscard]] ErrorCode code() const noexcept { return details_->code; }
    /// The same request may succeed later, or elsewhere.
    [[nodiscard]] bool retryable() const noexcept { return details_->retryable; }
    /// Every HTTP request of the call, in order; empty when none was made.
    [[nodiscard]] const std::vector<AttemptInfo>& attempts() const noexcept {
        return details_->attempts;
    }
    /// The server's id of the request, for its support; empty when it gave none.
    [[nodiscard]] const std::string& request_id() const noexcept { return details_->request_id; }
    /// How long the server asked to wait, if it did.
    [[nodiscard]] std::optional<Duration> retry_after() const noexcept {
        return details_->retry_after;
    }
    /// The completion so far, if any of it was delivered; else null. Lives as long as the error.
    [[nodiscard]] const ChatCompletion* partial() const noexcept { return details_->partial.get(); }
    /// All that is known. Lives as long as the error and its copies.
    [[nodiscard]] const ErrorDetails& details() const noexcept { return *details_; }

private:
    std::shared_ptr<const ErrorDetails> details_;
};

/// Options or a request that must not be sent (SPEC T11). Nothing was sent.
class CLOUD_BACKEND_EXPORT ConfigError : public Error {
public:
    using Error::Error;
    /// Of what is wrong, in words.
    explicit ConfigError(std::string message);
    ~ConfigError() override;
};

/// Resolving, connecting, TLS, sending or receiving failed.
class CLOUD_BACKEND_EXPORT ConnectionError : public Error {
public:
    using Error::Error;
    ~ConnectionError() override;

    /// How far the attempt was.
    [[nodiscard]] ConnectionStage stage() const noexcept { return details().connection.stage; }
    /// CURLcode of the failure; 0 when libcurl reported none.
    [[nodiscard]] int curl_code() const noexcept { return details().connection.curl_code; }
    /// The request may have reached the server.
    [[nodiscard]] bool sent() const noexcept { return details().connection.sent; }
};

/// A time limit was passed (SPEC T5).
class CLOUD_BACKEND_EXPORT TimeoutError : public ConnectionError {
public:
    using ConnectionError::ConnectionError;
    ~TimeoutError() override;

    /// Which of the limits.
    [[nodiscard]] TimeLimit limit() const noexcept {
        return details().connection.limit.value_or(TimeLimit::deadline);
    }
};

/// The server answered with an error status; the types below name the usual ones.
class CLOUD_BACKEND_EXPORT ApiError : public Error {
public:
    using Error::Error;
    ~ApiError() override;

    /// HTTP status, or the one an error inside a stream names; 0 if none.
    [[nodiscard]] int status() const noexcept { return details().api.status; }
    /// `error.code` of the body, integers as text; empty if there is none.
    [[nodiscard]] const std::string& api_code() const noexcept { return details().api.code; }
    /// `error.type` of the body.
    [[nodiscard]] const std::string& api_type() const noexcept { return details().api.type; }
    /// `error.param` of the body: which field of the request is at fault.
    [[nodiscard]] const std::string& param() const noexcept { return details().api.param; }
    /// Header fields of the answer.
    [[nodiscard]] const Headers& headers() const noexcept { return details().api.headers; }
    /// At most 64 KiB. It may quote the prompt.
    [[nodiscard]] const std::string& body() const noexcept { return details().api.body; }
    /// The prompt is too long for the model.
    [[nodiscard]] bool context_length_exceeded() const noexcept {
        return details().api.context_length_exceeded;
    }
    /// A content filter refused the prompt.
    [[nodiscard]] bool content_filter() const noexcept { return details().api.content_filter; }
};

/// 400: the server calls the request wrong.
class CLOUD_BACKEND_EXPORT BadRequestError : public ApiError {
public:
    using ApiError::ApiError;
    ~BadRequestError() override;
};

/// 401: the key is not accepted.
class CLOUD_BACKEND_EXPORT AuthenticationError : public ApiError {
public:
    using ApiError::ApiError;
    ~AuthenticationError() override;
};

/// 403: the key may not do this.
class CLOUD_BACKEND_EXPORT PermissionDeniedError : public ApiError {
public:
    using ApiError::ApiError;
    ~PermissionDeniedError() override;
};

/// 404: no such model, or no such path.
class CLOUD_BACKEND_EXPORT NotFoundError : public ApiError {
public:
    using ApiError::ApiError;
    ~NotFoundError() override;
};

/// 409: it conflicts with another request; retried (SPEC R1).
class CLOUD_BACKEND_EXPORT ConflictError : public ApiError {
public:
    using ApiError::ApiError;
    ~ConflictError() override;
};

/// 422: as 400; the request cannot be processed.
class CLOUD_BACKEND_EXPORT UnprocessableEntityError : public ApiError {
public:
    using ApiError::ApiError;
    ~UnprocessableEntityError() override;
};

/// 429: too many requests. Without `attempts()` the server said so before: nothing was sent (SPEC
/// B5).
class CLOUD_BACKEND_EXPORT RateLimitError : public ApiError {
public:
    using ApiError::ApiError;
    ~RateLimitError() override;
};

/// 402, or a 429 that says the account is out of money or over its spend limit (SPEC R3).
class CLOUD_BACKEND_EXPORT QuotaExceededError : public RateLimitError {
public:
    using RateLimitError::RateLimitError;
    ~QuotaExceededError() override;
};

/// 500 and above: the server failed.
class CLOUD_BACKEND_EXPORT InternalServerError : public ApiError {
public:
    using ApiError::ApiError;
    ~InternalServerError() override;
};

/// An error object inside a 200 answer, plain or streamed (SPEC E3).
class CLOUD_BACKEND_EXPORT StreamError : public ApiError {
public:
    using ApiError::ApiError;
    ~StreamError() override;
};

/// The stream ended before the answer did (SPEC T4): the worst fault to mistake for a success.
class CLOUD_BACKEND_EXPORT StreamTruncatedError : public Error {
public:
    using Error::Error;
    ~StreamTruncatedError() override;

    /// Events that came before the end.
    [[nodiscard]] std::size_t events_seen() const noexcept { return details().events_seen; }
};

/// A 2xx answer that is not what was promised: HTML, empty, not JSON, cut.
class CLOUD_BACKEND_EXPORT ResponseError : public Error {
public:
    using Error::Error;
    ~ResponseError() override;

    /// What the server called it; empty if it did not say.
    [[nodiscard]] const std::string& content_type() const noexcept {
        return details().content_type;
    }
};

/// A limit of `LimitOptions` was passed (SPEC T8).
class CLOUD_BACKEND_EXPORT LimitExceededError : public Error {
public:
    using Error::Error;
    ~LimitExceededError() override;
};

/// The call's `std::stop_token` asked to stop.
class CLOUD_BACKEND_EXPORT CancelledError : public Error {
public:
    using Error::Error;
    ~CancelledError() override;
};

/// The circuit is open: nothing was sent (SPEC B1).
class CLOUD_BACKEND_EXPORT CircuitBreakerError : public Error {
public:
    using Error::Error;
    ~CircuitBreakerError() override;

    /// When an attempt can be made again; `Duration::max()` while the circuit is isolated.
    [[nodiscard]] Duration retry_in() const noexcept {
        return details().retry_after.value_or(Duration::zero());
    }
};

/// Throws the type that `details.code` names.
[[noreturn]] CLOUD_BACKEND_EXPORT void raise(ErrorDetails details);

}  // namespace cloud_backend
