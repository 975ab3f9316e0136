#pragma once

#include "metrics/labels.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cloud_backend::detail {

/// A metric's name, as Prometheus calls it, and what it says.
struct MetricName {
    const char* name;
    const char* help;
};

/// Numbers that only grow, or gauges, one for each set of labels. Not thread-safe.
class NumberFamily {
public:
    enum class Type { counter, gauge };

    NumberFamily(MetricName name, Type type) : name_(name), type_(type) {}

    void add(const Labels& labels, std::int64_t number = 1) { series_[labels.text()] += number; }
    void set(const Labels& labels, std::int64_t number) { series_[labels.text()] = number; }

    void write(std::string& out) const;

private:
    MetricName name_;
    Type type_;
    std::map<std::string, std::int64_t> series_{};
};

/// Histograms with common buckets, one for each set of labels. Not thread-safe.
class HistogramFamily {
public:
    /// `boundaries` are the upper ends of the buckets, in rising order.
    HistogramFamily(MetricName name, std::vector<double> boundaries)
        : name_(name), boundaries_(std::move(boundaries)) {}

    void observe(const Labels& labels, double value);

    void write(std::string& out) const;

private:
    struct Histogram {
        std::vector<std::uint64_t> counts{};  ///< Of each bucket alone, the last without an end.
        double sum = 0;
    };

    void write(std::string& out, const std::string& labels, const Histogram& histogram) const;

    MetricName name_;
    std::vector<double> boundaries_;
    std::map<std::string, Histogram> series_{};
};

}  // namespace cloud_backend::detail
