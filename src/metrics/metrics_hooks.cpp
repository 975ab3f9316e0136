#include "metrics/labels.hpp"
#include "metrics/metric_family.hpp"

#include <cloud_backend/chat_completion.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/metrics.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

namespace cloud_backend {

namespace {

using detail::HistogramFamily;
using detail::Labels;
using detail::NumberFamily;

constexpr std::size_t longest_model = 200;

std::vector<double> rising(std::vector<double> boundaries) {
    if (std::ranges::adjacent_find(boundaries, std::greater_equal<>()) != boundaries.end()) {
        throw ConfigError("the boundaries of buckets must rise");
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

std::string_view error_type(std::optional<ErrorCode> error) {
    return error ? to_string(*error) : std::string_view();
}

bool refuses(CircuitState state) {
    return state == CircuitState::open || state == CircuitState::isolated;
}

}  // namespace

struct MetricsHooks::Impl {
    explicit Impl(MetricsOptions options)
        : max_models(options.max_models),
          duration({"gen_ai_client_operation_duration_seconds",
                    "Time of a call, retries and waits included."},
                   rising(options.duration_buckets)),
          time_to_first_chunk({"gen_ai_client_operation_time_to_first_chunk_seconds",
                               "Time from the start of a call to the first chunk of its stream."},
                              options.duration_buckets),
          tokens({"gen_ai_client_token_usage", "Tokens used by a call."},
                 rising(std::move(options.token_buckets))) {}

    /// Without `error_type`.
    [[nodiscard]] Labels labels_of_call(const CallInfo& call) {
        Labels labels = labels_of(call.server);
        labels.add("gen_ai_operation_name", call.operation)
            .add("gen_ai_request_model", known_model(call.model));
        return labels;
    }

    [[nodiscard]] std::string_view known_model(std::string_view model) {
        constexpr std::string_view other = "_OTHER";
        if (model.empty() || models.contains(model)) return model;
        if (models.size() >= max_models || model.size() > longest_model) return other;
        return *models.emplace(model).first;
    }

    void on_call_started(const CallInfo& call) {
        const std::lock_guard lock(mutex);
        in_flight.add(labels_of_call(call));
    }

    void on_attempt_finished(const CallInfo& call, const AttemptInfo& attempt) {
        const std::lock_guard lock(mutex);
        attempts.add(labels_of_call(call)
                         .add("http_response_status_code",
                              attempt.status == 0 ? std::string() : std::to_string(attempt.status))
                         .add("error_type", error_type(attempt.error)));
    }

    void on_retry(const CallInfo& call, const AttemptInfo& attempt) {
        const std::lock_guard lock(mutex);
        retries.add(labels_of_call(call).add("error_type", error_type(attempt.error)));
    }

    void on_call_finished(const CallInfo& call, const CallSummary& summary) {
        const std::lock_guard lock(mutex);
        const Labels labels = labels_of_call(call);
        in_flight.add(labels, -1);
        duration.observe(Labels(labels).add("error_type", error_type(summary.error)),
                         seconds(summary.metadata.total_time));
        if (const auto time = summary.metadata.time_to_first_chunk) {
            time_to_first_chunk.observe(labels, seconds(*time));
        }
        if (const Usage* usage = summary.answer.usage) {
            observe_tokens(labels, "input", usage->prompt_tokens);
            observe_tokens(labels, "output", usage->completion_tokens);
        }
    }

    void observe_tokens(const Labels& labels, std::string_view type, std::int64_t number) {
        tokens.observe(Labels(labels).add("gen_ai_token_type", type), static_cast<double>(number));
    }

    void on_circuit_change(const ServerInfo& server, const CircuitStateChange& change) {
        const std::lock_guard lock(mutex);
        circuit_changes.add(labels_of(server).add("state", to_string(change.to)));
        circuit_open.set(labels_of(server), refuses(change.to) ? 1 : 0);
    }

    [[nodiscard]] std::string text() const {
        std::string out;
        const std::lock_guard lock(mutex);
        duration.write(out);
        time_to_first_chunk.write(out);
        tokens.write(out);
        in_flight.write(out);
        attempts.write(out);
        retries.write(out);
        circuit_changes.write(out);
        circuit_open.write(out);
        return out;
    }

    const std::size_t max_models;
    mutable std::mutex mutex{};
    std::set<std::string, std::less<>> models{};
    HistogramFamily duration;
    HistogramFamily time_to_first_chunk;
    HistogramFamily tokens;
    NumberFamily in_flight{{"cloud_backend_calls_in_flight", "Calls that are not done."},
                           NumberFamily::Type::gauge};
    NumberFamily attempts{{"cloud_backend_attempts_total", "HTTP requests made."},
                          NumberFamily::Type::counter};
    NumberFamily retries{{"cloud_backend_retries_total", "Attempts that were made again."},
                         NumberFamily::Type::counter};
    NumberFamily circuit_changes{
        {"cloud_backend_circuit_changes_total", "Transitions of circuit breakers to a state."},
        NumberFamily::Type::counter};
    NumberFamily circuit_open{
        {"cloud_backend_circuit_open", "1 while a circuit breaker refuses attempts."},
        NumberFamily::Type::gauge};
};

MetricsHooks::MetricsHooks(MetricsOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {}

Hooks MetricsHooks::hooks() const {
    const auto bind = [this](auto member) {
        return [impl = impl_, member](const auto&... arguments) {
            std::invoke(member, *impl, arguments...);
        };
    };
    return {.on_call_started = bind(&Impl::on_call_started),
            .on_attempt_finished = bind(&Impl::on_attempt_finished),
            .on_retry = bind(&Impl::on_retry),
            .on_call_finished = bind(&Impl::on_call_finished),
            .on_circuit_change = bind(&Impl::on_circuit_change)};
}

std::string MetricsHooks::prometheus_text() const {
    return impl_->text();
}

}  // namespace cloud_backend
