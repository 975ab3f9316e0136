#pragma once

#include <cloud_backend/circuit_breaker.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/headers.hpp>
#include <cloud_backend/hooks.hpp>
#include <cloud_backend/log.hpp>
#include <cloud_backend/retry_budget.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cloud_backend {

class EndpointHealth;
class HttpTransport;

/// When a failed attempt is made again, and after how long (SPEC 4).
struct RetryOptions {
    int max_retries = 3;  ///< Attempts after the first; 0 sends exactly one request.
    /// Wait before retry n: U(0,1) x min(max_backoff, backoff_factor x 2^n), in seconds (SPEC R5).
    double backoff_factor = 0.5;
    std::chrono::milliseconds max_backoff{8'000};
    /// A server that asks for a longer wait fails the call at once (SPEC R4).
    std::chrono::milliseconds max_retry_after{60'000};
    /// Statuses worth another attempt (SPEC R1).
    std::vector<int> statuses{408, 409, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529};
    /// Retry when the connection broke after sending and before the first byte of an answer: the
    /// server may have worked on it, and charge twice. An answer that had begun and broke off
    /// before anything of it was delivered is asked for again in either case (SPEC 3).
    bool retry_ambiguous = true;
    /// Retry when no answer came in time. Off by default: it is what ends a retry storm.
    bool retry_on_timeout = false;
    RetryBudgetOptions budget{};
};

/// Time limits (SPEC T5); zero switches one off, more than a year counts as a year. They stand
/// still while user code runs.
struct TimeoutOptions {
    std::chrono::milliseconds connect{10'000};     ///< Name lookup, connection and TLS.
    std::chrono::milliseconds first_byte{60'000};  ///< From sending to the first byte back.
    std::chrono::milliseconds idle{60'000};        ///< Silence between bytes.
    /// Silence between chunks; pings, comments and events that say nothing are silence.
    std::chrono::milliseconds content_idle{0};
};

/// Bounds on what a server can make the client hold (SPEC T8).
struct LimitOptions {
    std::size_t response_body = std::size_t{64} << 20;     ///< Decoded bytes of a whole answer.
    std::size_t event = std::size_t{8} << 20;              ///< Bytes of one streamed event.
    std::size_t response_headers = std::size_t{64} << 10;  ///< Bytes of all header lines.
    std::size_t json_depth = 256;  ///< Nesting of arrays and objects; at most 4,096.
};

/// Whom to trust, and as whom to appear (SPEC T6).
struct TlsOptions {
    std::string ca_file{};             ///< PEM file of trusted certificates; empty: the system's.
    std::string client_certificate{};  ///< PEM file, for mutual TLS.
    std::string client_key{};          ///< PEM file of its key.
    /// Accepts any certificate of any host: whoever sits on the line reads key and prompts.
    bool insecure_skip_verification = false;
};

/// The secret that authorises requests: a text, or a function that is asked for each attempt, on
/// the thread that drives the call (SPEC R11), so that short-lived tokens can be renewed. The
/// function must be thread-safe; what it throws ends the call and passes through.
class CLOUD_BACKEND_EXPORT ApiKey {
public:
    ApiKey() = default;
    /// A text; white space around it is dropped.
    ApiKey(std::string key) : source_(std::move(key)) {}  // NOLINT(google-explicit-constructor)
    /// Null, as of an unset environment variable, is an empty key.
    ApiKey(const char* key)  // NOLINT(google-explicit-constructor)
        : source_(std::string(key == nullptr ? "" : key)) {}
    /// A function without arguments that returns the key.
    template <class F>
    requires std::invocable<F&> && std::convertible_to<std::invoke_result_t<F&>, std::string>
    ApiKey(F provider) {  // NOLINT(google-explicit-constructor)
        std::function<std::string()> function(std::move(provider));
        if (function) source_ = std::move(function);  // An empty one is an empty key.
    }

    /// The key of now, without surrounding white space.
    [[nodiscard]] std::string value() const;
    /// The key is a function, whose answer is known only when an attempt asks for it.
    [[nodiscard]] bool is_provider() const noexcept { return source_.index() == 1; }

private:
    std::variant<std::string, std::function<std::string()>> source_{};
};

/// The asynchronous calls of a client, which one thread drives (SPEC T1).
struct AsyncOptions {
    /// What happens to a call that would be one too many.
    enum class Overflow {
        wait,    ///< It is started when another ends, in order. Its deadline runs meanwhile.
        refuse,  ///< `LimitExceededError`, at once.
    };

    /// Calls at once, those that wait for a retry among them; zero: any number. Each needs a
    /// descriptor, of which a process may have 1,024 by default.
    std::size_t max_in_flight = 0;
    Overflow overflow = Overflow::wait;
    /// Connections at once; calls beyond wait for one, without a limit of time but their deadline.
    /// Over HTTP/2 many calls share one. Zero: any number. Not of a `ClientOptions::transport`.
    std::size_t max_connections_per_host = 0;
    /// What holds up the thread, and with it all other calls, for longer than this is named in the
    /// log: handlers, hooks, a key that is a function. Zero: nothing is.
    std::chrono::milliseconds slow_handler{100};
};

/// All there is to say of a client; each default may stay. A client keeps its own copy.
struct ClientOptions {
    /// Scheme, host and path of the service; a path of its own is extended, not replaced (SPEC
    /// T12).
    std::string base_url = "https://api.openai.com";
    ApiKey api_key{};
    /// Off: an empty key is accepted, and no key header is sent (local servers).
    bool require_api_key = true;
    /// Lets the key travel unencrypted to hosts other than loopback.
    bool allow_insecure_http = false;
    Headers headers{};  ///< Sent with every request.
    TimeoutOptions timeouts{};
    /// For each call: all attempts and waits. Zero or less has passed already.
    std::optional<std::chrono::milliseconds> deadline{};
    RetryOptions retry{};
    CircuitBreakerOptions breaker{};
    LimitOptions limits{};
    TlsOptions tls{};
    AsyncOptions async{};
    /// Proxy URL; empty: libcurl's environment variables. Loopback never goes through one.
    std::string proxy{};
    /// A malformed event ends the stream with an error instead of being skipped (SPEC E5).
    bool fail_on_malformed = false;
    /// Sends an `Idempotency-Key`, the same for all attempts of a call, but for a GET (SPEC R11).
    bool idempotency_key = false;
    /// Who answers, in the words of OpenTelemetry's `gen_ai.provider.name`, for hooks. Empty: the
    /// backend's own, such as "openai".
    std::string provider{};
    LogSink log{};  ///< Empty: the library's own spdlog logger, "cloud_backend".
    LogLevel log_level = LogLevel::warning;
    Hooks hooks{};
    std::shared_ptr<HttpTransport> transport{};  ///< Empty: libcurl.
    std::shared_ptr<EndpointHealth> health{};    ///< Empty: the client's own, made from `breaker`.
    RandomSource random{};
};

/// What differs for one call; what is not set is the client's.
struct CallOptions {
    std::stop_token stop{};  ///< Cancels the call, from any thread, at once (SPEC T1).
    std::optional<std::chrono::milliseconds> deadline{};
    std::optional<TimeoutOptions> timeouts{};
    std::optional<RetryOptions>
        retry{};  ///< Its `budget` is not read: budgets belong to endpoints.
    /// The call ends rather than wait longer than this, before a retry, for an endpoint that failed
    /// or throttles: for callers who have another to ask (SPEC F4). A `Retry-After` beyond it makes
    /// the endpoint be left alone, by all its calls (SPEC B5). Negative is a `ConfigError`.
    std::optional<std::chrono::milliseconds> max_retry_wait{};
    Headers headers{};              ///< Added to the client's; the same name replaces.
    std::string idempotency_key{};  ///< Sent as `Idempotency-Key` unless empty, or a GET.
};

}  // namespace cloud_backend
