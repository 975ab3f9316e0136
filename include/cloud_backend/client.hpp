#pragma once

#include <cloud_backend/endpoint_health.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/metadata.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/response_reader.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cloud_backend {

/// How the key is sent: in the header `header`, behind `prefix`.
struct AuthScheme {
    std::string header = "Authorization";
    std::string prefix = "Bearer ";
};

/// A 2xx answer as it came.
struct HttpResponse {
    int status = 0;
    Headers headers{};
    std::string body{};
    CallMetadata metadata{};
};

/// Base of clients of one HTTP service: retries, circuit breaker, timeouts, errors and logs are
/// here; a subclass adds paths, headers and the meaning of answers.
///
/// Thread-safe: any number of threads may call at once. Calls drive their own transfer on the
/// calling thread. A call keeps what it needs alive: its callbacks may destroy the client.
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

    /// POSTs JSON `body` to `path` (such as "/chat/completions") below the base URL (SPEC T12) and
    /// feeds the answer to `reader` on the calling thread, with retries. Throws `Error`.
    CallMetadata stream(std::string_view path, std::string body, ResponseReader& reader,
                        const CallOptions& options = {}) const;

    /// POSTs JSON `body` to `path` and returns the whole answer, with retries. Throws `Error`.
    [[nodiscard]] HttpResponse post(std::string_view path, std::string body,
                                    const CallOptions& options = {}) const;

    [[nodiscard]] const ClientOptions& options() const noexcept;

    /// How the key is sent. Called once per call, on the caller's thread, never from a constructor.
    [[nodiscard]] virtual AuthScheme auth_scheme() const;
    /// Headers the protocol asks for. Called once per call, on the caller's thread.
    [[nodiscard]] virtual Headers request_headers() const;

private:
    [[nodiscard]] HttpRequest make_request(std::string_view path, std::string body,
                                           std::string_view accept,
                                           const CallOptions& options) const;

    struct Core;
    std::shared_ptr<const Core> core_;
};

}  // namespace cloud_backend
