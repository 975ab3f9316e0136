#include "async/calls_in_flight.hpp"
#include "call.hpp"
#include "call_driver.hpp"
#include "call_engine.hpp"
#include "chat/json_splice.hpp"
#include "core/random.hpp"
#include "core/url.hpp"
#include "credentials.hpp"
#include "driven_call.hpp"
#include "failures.hpp"
#include "http/curl_transport.hpp"
#include "http/log.hpp"
#include "option_checks.hpp"

#include <cloud_backend/client.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/version.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <random>
#include <utility>

namespace cloud_backend {

HttpTransport::~HttpTransport() = default;

namespace {

using detail::BaseUrl;
using detail::Credentials;
using detail::Log;

/// T11: what may be said to this server in the open.
bool is_confidential(const BaseUrl& url, const ClientOptions& options) {
    return url.is_https() || url.is_loopback() || options.allow_insecure_http;
}

/// The client's own breaker may outlive it, in another's hands.
struct Observed {
    std::string provider;
    std::string address;
    std::uint16_t port;
    decltype(Hooks::on_circuit_change) on_circuit_change;
    decltype(CircuitBreakerOptions::on_state_change) on_state_change;
};

/// The breaker's options with transitions logged, before the user's own functions are told.
CircuitBreakerOptions observed(const ClientOptions& options, const BaseUrl& url, const Log& log) {
    CircuitBreakerOptions breaker = options.breaker;
    Observed told{options.provider, url.host(), url.port(), options.hooks.on_circuit_change,
                  options.breaker.on_state_change};
    breaker.on_state_change = [log, told = std::move(told)](const CircuitStateChange& change) {
        log(LogLevel::warning, "circuit of {}: {} -> {}", told.address, to_string(change.from),
            to_string(change.to));
        const auto tell = [&](const char* name, const auto& function, const auto&... arguments) {
            if (!function) return;
            try {
                function(arguments...);
            } catch (...) {
                log(LogLevel::warning, "{} threw; the change stays", name);
            }
        };
        tell("on_state_change", told.on_state_change, change);
        tell("on_circuit_change", told.on_circuit_change,
             ServerInfo{told.provider, told.address, told.port}, change);
    };
    return breaker;
}

/// R11: 128 random bits; the operating system's, since two processes must not share a key.
std::string new_idempotency_key() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

/// Reads any answer as bytes.
class BodyReader final : public ResponseReader {
public:
    BodyReader(HttpResponse& response, std::size_t max_bytes)
        : response_(response), max_bytes_(max_bytes) {}

    std::string_view accept() const override { return "application/json"; }

    void begin(const ResponseHead& head) override {
        response_ = {.status = head.status, .headers = head.headers};
        framed_ = head.framed;
    }

    Reading on_body(std::string_view bytes) override {
        if (bytes.size() > max_bytes_ - response_.body.size()) {
            return ErrorDetails{
                .code = ErrorCode::limit_exceeded,
                .message = fmt::format("the answer is larger than {} bytes", max_bytes_)};
        }
        response_.body += bytes;
        return NeedMore{};
    }

    /// T4: a close is the end of a body only if nothing else was to mark it, and JSON shows there
    /// whether it is whole.
    Reading on_end() override {
        if (framed_ || detail::is_json(response_.body)) return Complete{};
        const std::string* type = find_header(response_.headers, "content-type");
        return ErrorDetails{.code = ErrorCode::response,
                            .message = "the connection was closed before the end of the answer",
                            .retryable = true,
                            .content_type = type == nullptr ? std::string() : *type};
    }

private:
    HttpResponse& response_;
    std::size_t max_bytes_;
    bool framed_ = false;
};

}  // namespace

struct CloudBackendClient::Core {
    explicit Core(ClientOptions given)
        : options(std::move(given)),
          base_url(options.base_url),
          credentials(options.api_key, options.require_api_key, is_confidential(base_url, options)),
          log(options.log, options.log_level),
          random(options.random ? options.random : detail::default_random()),
          transport(
              options.transport
                  ? options.transport
                  : detail::make_curl_transport(
                        {options.tls, options.proxy, options.async.max_connections_per_host}, log)),
          health(options.health ? options.health
                                : std::make_shared<EndpointHealth>(observed(options, base_url, log),
                                                                   options.retry.budget, random)),
          engine(std::make_unique<detail::CallEngine>(transport, options.async, log)) {
        detail::check_headers(options.headers);
        credentials.check_confidential(options.headers);
        detail::check_timeouts(options.timeouts);
        detail::check_retry(options.retry);
        detail::check_breaker(options.breaker);
        detail::check_limits(options.limits);
        detail::check_async(options.async);
    }

    const ClientOptions options;
    const BaseUrl base_url;
    const Credentials credentials;
    const Log log;
    const RandomSource random;
    const std::shared_ptr<HttpTransport> transport;
    const std::shared_ptr<EndpointHealth> health;
    const std::unique_ptr<detail::CallEngine> engine;
};

CloudBackendClient::CloudBackendClient(ClientOptions options)
    : core_(std::make_shared<const Core>(std::move(options))),
      calls_(std::make_unique<detail::CallsInFlight>()) {}

CloudBackendClient::~CloudBackendClient() = default;

void CloudBackendClient::cancel_calls() noexcept {
    calls_->close();
}

bool CloudBackendClient::is_circuit_open() const {
    return core_->health->breaker().retry_in(core_->transport->now()) > Duration::zero();
}

std::optional<ErrorDetails> CloudBackendClient::unavailable() const {
    const TimePoint now = core_->transport->now();
    if (const auto pause = core_->health->throttled_for(now)) {
        return detail::still_throttled(*pause);
    }
    if (const auto retry_in = core_->health->breaker().retry_in(now); retry_in > Duration::zero()) {
        return detail::circuit_refusal(retry_in);
    }
    return std::nullopt;
}

const std::shared_ptr<EndpointHealth>& CloudBackendClient::health() const noexcept {
    return core_->health;
}

const ClientOptions& CloudBackendClient::options() const noexcept {
    return core_->options;
}

AuthScheme CloudBackendClient::auth_scheme() const {
    return {};
}

Headers CloudBackendClient::request_headers() const {
    return {};
}

/// Takes the body of `request`.
HttpRequest CloudBackendClient::make_request(ServiceRequest& request, std::string_view accept,
                                             const CallOptions& options) const {
    const ClientOptions& client = core_->options;
    const TimeoutOptions& timeouts = options.timeouts ? *options.timeouts : client.timeouts;
    detail::check_path(request.path);
    HttpRequest http{.method = request.body ? "POST" : "GET",
                     .url = core_->base_url.join(request.path),
                     .headers = {{"Accept", std::string(accept)},
                                 {"User-Agent", "cloud_backend/" CLOUD_BACKEND_VERSION}},
                     .max_header_bytes = client.limits.response_headers,
                     .connect_timeout = timeouts.connect};
    if (request.body) {
        http.headers.push_back({"Content-Type", "application/json"});
        http.body = *std::move(request.body);
    }
    // The more particular comes later and replaces.
    const Headers of_protocol = request_headers();
    for (const Headers* headers : {&of_protocol, &client.headers, &options.headers}) {
        for (const Header& header : *headers) detail::set_header(http.headers, header);
    }
    const bool wants_key = !options.idempotency_key.empty() || client.idempotency_key;
    if (wants_key && http.method != "GET") {
        detail::set_header(http.headers, {"Idempotency-Key", options.idempotency_key.empty()
                                                                 ? new_idempotency_key()
                                                                 : options.idempotency_key});
    }
    detail::check_headers(http.headers);
    core_->credentials.check_confidential(http.headers);
    return http;
}

detail::CallPlan CloudBackendClient::make_plan(ServiceRequest request, std::string_view accept,
                                               std::stop_token stop,
                                               const CallOptions& options) const {
    HttpRequest http = make_request(request, accept, options);
    if (options.timeouts) detail::check_timeouts(*options.timeouts);
    if (options.retry) detail::check_retry(*options.retry);
    if (options.max_retry_wait) detail::check_max_retry_wait(*options.max_retry_wait);
    const AuthScheme auth = auth_scheme();
    detail::check_headers({{auth.header, auth.prefix}});
    return {.subject = {.server = {.provider = core_->options.provider,
                                   .address = core_->base_url.host(),
                                   .port = core_->base_url.port()},
                        .operation = std::move(request.operation),
                        .model = std::move(request.model)},
            .request = std::move(http),
            .auth = auth,
            .credentials = core_->credentials,
            .timeouts = options.timeouts.value_or(core_->options.timeouts),
            .deadline = options.deadline ? options.deadline : core_->options.deadline,
            .stop = std::move(stop),
            .retry = options.retry.value_or(core_->options.retry),
            .max_retry_wait = options.max_retry_wait,
            .health = *core_->health,
            .hooks = core_->options.hooks,
            .random = core_->random,
            .log = core_->log,
            .now = [&transport = *core_->transport] { return transport.now(); }};
}

CallMetadata CloudBackendClient::exchange(ServiceRequest request, ResponseReader& reader,
                                          const CallOptions& options) const {
    const std::shared_ptr<const Core> core = core_;  // A callback may destroy this client.
    detail::Call call(make_plan(std::move(request), reader.accept(), options.stop, options),
                      reader);
    const auto loop = core->transport->open_loop();
    detail::CallDriver driver(call, *loop);
    while (driver.run_once()) continue;
    return call.result();
}

std::unique_ptr<detail::DrivenCall> CloudBackendClient::open(ServiceRequest request,
                                                             ResponseReader& reader,
                                                             const CallOptions& options) const {
    return std::make_unique<detail::DrivenCall>(
        core_, make_plan(std::move(request), reader.accept(), options.stop, options), reader,
        *core_->transport);
}

void CloudBackendClient::start(ServiceRequest request, std::shared_ptr<ResponseReader> reader,
                               std::function<void(CallResult)> on_finished,
                               const CallSource& source, const CallOptions& options) const {
    const std::shared_ptr<const Core> core = core_;  // A handler may destroy this client.
    detail::CallPlan plan =
        make_plan(std::move(request), reader->accept(), source.stop_token(), options);
    detail::AsyncCall call{.source = source,
                           .owner = core,
                           .plan = std::move(plan),
                           .reader = std::move(reader),
                           .on_finished = std::move(on_finished)};
    if (!calls_->add(source.handle())) raise(detail::cancellation());
    try {
        core->engine->start(std::move(call));
    } catch (...) {
        source.set_done();
        throw;
    }
}

HttpResponse CloudBackendClient::post(ServiceRequest request, const CallOptions& options) const {
    if (!request.body) request.body.emplace();
    HttpResponse response;
    BodyReader reader(response, core_->options.limits.response_body);
    response.metadata = exchange(std::move(request), reader, options);
    return response;
}

}  // namespace cloud_backend
