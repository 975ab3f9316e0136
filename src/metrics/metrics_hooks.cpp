#include "metrics/labels.hpp"
#include "metrics/metric_family.hpp"

#include <cloud_backend/chat_completion.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/metrics.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend {

namespace {

using detail::HistogramFamily;
using detail::Labels;
using detail::NumberFamily;

constexpr std::size_t longest_model = 200;

std::vector<double> checked(std::vector<double> boundaries) {
    const bool finite =
        std::ranges::all_of(boundaries, [](double end) { return std::isfinite(end); });
    if (!finite ||
        std::ranges::adjacent_find(boundaries, std::greater_equal<>()) != boundaries.end()) {
        throw ConfigError("the boundaries of buckets must be finite, and rise");
    }
    return boundaries;
}

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

Labels labels_of(const ServerInfo& server) {
    Labels labels;
    labels.add("gen_ai_provider_name", server.provider)
        .add("server_address", server.address)
        .add("server_port", server.port == 0 ? std::string() : std::to_string(server.port));
    return labels;
}

Labels labels_of(const CallInfo& call) {
    return labels_of(call.server).add("gen_ai_operation_name", call.operation);
}

std::string_view error_type(std::optional<ErrorCode> error) {
    return error ? to_string(*error) : std::string_view();
}

int refusing(CircuitState state) {
    return state == CircuitState::open || state == CircuitState::isolated ? 1 : 0;
}

/// All that is kept. A value, so that it can be written while calls go on.
struct Metrics {
    explicit Metrics(const MetricsOptions& options)
        : duration({"gen_ai_client_operation_duration_seconds",
                    "Time of a call, retries and waits included."},
                   checked(options.duration_buckets)),
          time_to_first_chunk({"gen_ai_client_operation_time_to_first_chunk_seconds",
                               "Time from the start of a call to the first chunk of its stream."},
                              options.duration_buckets),
          tokens({"gen_ai_client_token_usage", "Tokens used by a call."},
                 checked(options.token_buckets)) {}

    [[nodiscard]] std::string text() const {
        std::string out;
        duration.write(out);
        time_to_first_chunk.write(out);
        tokens.write(out);
        in_flight.write(out);
        attempts.write(out);
        retries.write(out);
        circuit_changes.write(out);
        circuits_refusing.write(out);
        return out;
    }

    HistogramFamily duration;
    HistogramFamily time_to_first_chunk;
    HistogramFamily tokens;
    NumberFamily in_flight{{"cloud_backend_calls_in_flight", "Calls that are not done."},
                           NumberFamily::Type::gauge};
    NumberFamily attempts{{"cloud_backend_attempts_total", "HTTP requests that are over."},
                          NumberFamily::Type::counter};
    NumberFamily retries{{"cloud_backend_retries_total", "HTTP requests after a call's first."},
                         NumberFamily::Type::counter};
    NumberFamily circuit_changes{
        {"cloud_backend_circuit_changes_total", "Transitions of circuit breakers to a state."},
        NumberFamily::Type::counter};
    NumberFamily circuits_refusing{
        {"cloud_backend_circuits_open", "Circuit breakers that refuse attempts."},
        NumberFamily::Type::gauge};
};

}  // namespace

struct MetricsHooks::Impl {
    explicit Impl(const MetricsOptions& options)
        : max_models(options.max_models), metrics(options) {}

    /// Whoever may send requests can name any model, but not have it answer.
    [[nodiscard]] std::string_view known_model(std::string_view model, bool answered) {
        if (model.empty() || models.contains(model)) return model;
        const bool is_room = models.size() < max_models && model.size() <= longest_model;
        if (!answered || !is_room) return "_OTHER";
        return *models.emplace(model).first;
    }

    void on_call_started(const CallInfo& call) {
        const Labels labels = labels_of(call);
        const std::lock_guard lock(mutex);
        metrics.in_flight.add(labels);
    }

    void on_attempt_started(const CallInfo& call, int number) {
        if (number == 1) return;
        const Labels labels = labels_of(call);
        const std::lock_guard lock(mutex);
        metrics.retries.add(labels);
    }

    void on_attempt_finished(const CallInfo& call, const AttemptInfo& attempt) {
        Labels labels = labels_of(call);
        if (attempt.status != 0) {
            labels.add("http_response_status_code", std::to_string(attempt.status));
        }
        labels.add("error_type", error_type(attempt.error));
        const std::lock_guard lock(mutex);
        metrics.attempts.add(labels);
    }

    void on_call_finished(const CallInfo& call, const CallSummary& summary) {
        const Labels of_call = labels_of(call);
        const std::lock_guard lock(mutex);
        metrics.in_flight.add(of_call, -1);
        const Labels labels =
            Labels(of_call).add("gen_ai_request_model", known_model(call.model, !summary.error));
        metrics.duration.observe(Labels(labels).add("error_type", error_type(summary.error)),
                                 seconds(summary.metadata.total_time));
        if (const auto time = summary.metadata.time_to_first_chunk) {
            metrics.time_to_first_chunk.observe(labels, seconds(*time));
        }
        if (const Usage* usage = summary.answer.usage) {
            observe_tokens(labels, "input", usage->prompt_tokens);
            observe_tokens(labels, "output", usage->completion_tokens);
        }
    }

    /// No server makes a sum fall, which would look like a program that began anew.
    void observe_tokens(const Labels& labels, std::string_view type, std::int64_t number) {
        metrics.tokens.observe(Labels(labels).add("gen_ai_token_type", type),
                               static_cast<double>(std::max(number, std::int64_t{0})));
    }

    void on_circuit_change(const ServerInfo& server, const CircuitStateChange& change) {
        const Labels labels = labels_of(server);
        const std::lock_guard lock(mutex);
        metrics.circuit_changes.add(Labels(labels).add("state", to_string(change.to)));
        metrics.circuits_refusing.add(labels, refusing(change.to) - refusing(change.from));
    }

    [[nodiscard]] Metrics snapshot() const {
        const std::lock_guard lock(mutex);
        return metrics;
    }

    const std::size_t max_models;
    mutable std::mutex mutex{};
    std::set<std::string, std::less<>> models{};
    Metrics metrics;
};

MetricsHooks::MetricsHooks(const MetricsOptions& options)
    : impl_(std::make_shared<Impl>(options)) {}

Hooks MetricsHooks::hooks() const {
    const auto bind = [this](auto member) {
        return [impl = impl_, member](const auto&... arguments) {
            std::invoke(member, *impl, arguments...);
        };
    };
    return {.on_call_started = bind(&Impl::on_call_started),
            .on_attempt_started = bind(&Impl::on_attempt_started),
            .on_attempt_finished = bind(&Impl::on_attempt_finished),
            .on_call_finished = bind(&Impl::on_call_finished),
            .on_circuit_change = bind(&Impl::on_circuit_change)};
}

std::string MetricsHooks::prometheus_text() const {
    return impl_->snapshot().text();  // No hook waits while it is written.
}

}  // namespace cloud_backend
