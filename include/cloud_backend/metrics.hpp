#pragma once

#include <cloud_backend/export.hpp>
#include <cloud_backend/hooks.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace cloud_backend {

/// What `MetricsHooks` keeps. The boundaries are those of OpenTelemetry's conventions; they must
/// rise.
struct MetricsOptions {
    /// Upper ends of the buckets of durations, in seconds.
    std::vector<double> duration_buckets{0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                         1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
    /// Upper ends of the buckets of tokens.
    std::vector<double> token_buckets{1,         4,         16,         64,        256,
                                      1'024,     4'096,     16'384,     65'536,    262'144,
                                      1'048'576, 4'194'304, 16'777'216, 67'108'864};
    /// Models that are told apart, each from its first call that succeeded. All others count as
    /// "_OTHER", and so do names longer than 200 bytes: requests cannot fill the memory.
    std::size_t max_models = 100;
};

/// Counts calls and keeps histograms of them, named after OpenTelemetry's conventions for GenAI
/// clients, and writes them for Prometheus. `ClientOptions::hooks` takes its `hooks()`; any number
/// of clients may share them.
///
/// Thread-safe. The hooks keep what they need alive: this may be destroyed before the clients.
class CLOUD_BACKEND_EXPORT MetricsHooks {
public:
    /// Throws `ConfigError` for boundaries that are not finite, or do not rise.
    explicit MetricsHooks(const MetricsOptions& options = {});

    /// For the clients whose calls are to be counted; `combine` adds others.
    [[nodiscard]] Hooks hooks() const;

    /// All metrics in Prometheus' text format, version 0.0.4: what /metrics answers, with the
    /// content type `text/plain; version=0.0.4`. See docs/observability.md for what there is.
    [[nodiscard]] std::string prometheus_text() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace cloud_backend
