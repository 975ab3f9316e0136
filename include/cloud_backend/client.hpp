#pragma once

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/endpoint_health.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/metadata.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/response_reader.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace cloud_backend {

namespace detail {
class CallsInFlight;
struct CallPlan;
class DrivenCall;
}  // namespace detail

/// How the key is sent: in the header `header`, behind `prefix`.
struct AuthScheme {
    std::string header = "Authorization";
    std::string prefix = "Bearer ";
};

/// What a client asks of its service.
struct ServiceRequest {
    std::string path{};  ///< Below the base URL (SPEC T12), such as "/chat/completions".
    std::optional<std::string> body{};  ///< JSON, which is POSTed; none: a GET.
    std::string operation{};            ///< For hooks: what is asked for, such as "chat".
    std::string model{};                ///< For hooks: the model that is named in `body`.
};

/// A 2xx answer as it came.
struct HttpResponse {
    int status = 0;
    Headers headers{};
    std::string body{};
    CallMetadata metadata{};
};

/// How an asynchronous call went, or what the blocking one would have thrown.
using CallResult = std::variant<CallMetadata, std::exception_ptr>;

/// Base of clients of one HTTP service: retries, circuit breaker, timeouts, errors and logs are
/// here; a subclass adds paths, headers and the meaning of answers.
///
/// Thread-safe: any number of threads may call at once. Calls drive their own transfer on the
/// calling thread; the asynchronous ones of a client share one thread, which begins with the first.
/// A call keeps what it needs alive: its callbacks may destroy the client. Destroying it cancels
/// its asynchronous calls, and waits for their last handlers, but not longer than 50 ms, and not in
/// a handler; one that is still running then finishes later.
class CLOUD_BACKEND_EXPORT CloudBackendClient {
public:
    virtual ~CloudBackendClient();
    CloudBackendClient(const CloudBackendClient&) = delete;
    CloudBackendClient& operator=(const CloudBackendClient&) = delete;

    /// Attempts would be refused now.
    [[nodiscard]] bool is_circuit_open() const;
    /// The error that a call would end with now, nothing having been sent: the circuit is open, or
    /// the server asked to be left alone. Empty: a call would be tried. See `ChatBackend`.
    [[nodiscard]] std::optional<ErrorDetails> unavailable() const;
    /// Breaker, budget and throttling of the endpoint; can be given to other clients of it.
    [[nodiscard]] const std::shared_ptr<EndpointHealth>& health() const noexcept;

protected:
    /// Throws `ConfigError` for options that must not be used (SPEC T11).
    explicit CloudBackendClient(ClientOptions options);

    /// Sends `request` and feeds the answer to `reader` on the calling thread, with retries. Throws
    /// `Error`.
    CallMetadata exchange(ServiceRequest request, ResponseReader& reader,
                          const CallOptions& options = {}) const;

    /// What `exchange` does, on the thread of the asynchronous calls. `on_finished`, which must not
    /// throw, is called last; it and `reader` are destroyed before `source` is done, and must need
    /// nothing of a subclass that its destructor destroys (see `cancel_calls`). `source` cancels
    /// the call; `options.stop` is not looked at. Throws `ConfigError` for a request that must not
    /// be sent, `LimitExceededError` for one too many (`AsyncOptions`), `CancelledError` after
    /// `cancel_calls`: then nothing is called.
    void start(ServiceRequest request, std::shared_ptr<ResponseReader> reader,
               std::function<void(CallResult)> on_finished, const CallSource& source,
               const CallOptions& options = {}) const;

    /// What `exchange` does, as far as the caller drives it, which is for the library's own
    /// backends. `reader` must outlive the call. Throws `ConfigError`.
    [[nodiscard]] std::unique_ptr<detail::DrivenCall> open(ServiceRequest request,
                                                           ResponseReader& reader,
                                                           const CallOptions& options) const;

    /// POSTs `request`, without a body an empty one, and returns the whole answer, with retries.
    /// Throws `Error`.
    [[nodiscard]] HttpResponse post(ServiceRequest request, const CallOptions& options = {}) const;

    /// Cancels the asynchronous calls, refuses further ones, and waits as the destructor does. For
    /// the destructor of a subclass whose calls, or their handlers, may need more than this class.
    void cancel_calls() noexcept;

    /// The options it was made with. They live as long as the client.
    [[nodiscard]] const ClientOptions& options() const noexcept;

    /// How the key is sent. Called once per call, on the caller's thread, never from a constructor.
    [[nodiscard]] virtual AuthScheme auth_scheme() const;
    /// Headers the protocol asks for. Called once per call, on the caller's thread.
    [[nodiscard]] virtual Headers request_headers() const;

private:
    [[nodiscard]] HttpRequest make_request(ServiceRequest& request, std::string_view accept,
                                           const CallOptions& options) const;
    [[nodiscard]] detail::CallPlan make_plan(ServiceRequest request, std::string_view accept,
                                             std::stop_token stop,
                                             const CallOptions& options) const;

    struct Core;
    std::shared_ptr<const Core> core_;
    std::unique_ptr<detail::CallsInFlight> calls_;
};

}  // namespace cloud_backend
