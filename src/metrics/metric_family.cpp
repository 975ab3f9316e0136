#include "metrics/metric_family.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace cloud_backend::detail {

namespace {

void write_head(std::string& out, MetricName metric, std::string_view type) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", metric.name,
                   metric.help, type);
}

template <class Number>
void write_sample(std::string& out, std::string_view name, std::string_view suffix,
                  std::string_view labels, Number value) {
    out.append(name).append(suffix);
    if (!labels.empty()) out.append("{").append(labels).append("}");
    fmt::format_to(std::back_inserter(out), " {}\n", value);
}

std::string with_end(const std::string& labels, std::string_view end) {
    return fmt::format("{}{}le=\"{}\"", labels, labels.empty() ? "" : ",", end);
}

}  // namespace

void NumberFamily::write(std::string& out) const {
    if (series_.empty()) return;
    write_head(out, name_, type_ == Type::counter ? "counter" : "gauge");
    for (const auto& [labels, number] : series_) {
        write_sample(out, name_.name, "", labels, number);
    }
}

void HistogramFamily::observe(const Labels& labels, double value) {
    auto found = series_.find(labels.text());
    if (found == series_.end()) {
        Histogram empty{.counts = std::vector<std::uint64_t>(boundaries_.size() + 1)};
        found = series_.emplace(labels.text(), std::move(empty)).first;
    }
    Histogram& histogram = found->second;
    const auto bucket = std::ranges::lower_bound(boundaries_, value) - boundaries_.begin();
    ++histogram.counts[static_cast<std::size_t>(bucket)];
    histogram.sum += value;
}

void HistogramFamily::write(std::string& out) const {
    if (series_.empty()) return;
    write_head(out, name_, "histogram");
    for (const auto& [labels, histogram] : series_) write(out, labels, histogram);
}

/// Prometheus' buckets hold all that is smaller as well.
void HistogramFamily::write(std::string& out, const std::string& labels,
                            const Histogram& histogram) const {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < boundaries_.size(); ++i) {
        count += histogram.counts[i];
        write_sample(out, name_.name, "_bucket",
                     with_end(labels, fmt::format("{}", boundaries_[i])), count);
    }
    count += histogram.counts.back();
    write_sample(out, name_.name, "_bucket", with_end(labels, "+Inf"), count);
    write_sample(out, name_.name, "_sum", labels, histogram.sum);
    write_sample(out, name_.name, "_count", labels, count);
}

}  // namespace cloud_backend::detail
