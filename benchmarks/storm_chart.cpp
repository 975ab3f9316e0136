#include "storm_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>

namespace {

using cloud_backend::simulation::Second;
using cloud_backend::simulation::Timeline;
using cloud_backend::simulation::warm_up;

constexpr int columns = 2;
constexpr double panel_width = 460;
constexpr double panel_height = 200;
constexpr double plot_left = 45;
constexpr double plot_top = 30;
constexpr double plot_width = 400;
constexpr double plot_height = 140;
constexpr double legend_height = 30;

struct Line {
    int Second::*value;
    std::string_view name;
    std::string_view colour;
};

constexpr Line lines[] = {
    {&Second::calls, "calls made per second", "#9a9a9a"},
    {&Second::requests, "requests sent", "#d1495b"},
    {&Second::succeeded, "calls that succeeded, by when they were made", "#2a7f62"},
};

std::string text(double x, double y, std::string_view anchor, std::string_view words) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y,
                       anchor, words);
}

/// From seconds and amounts per second to places on the panel.
class Plot {
public:
    explicit Plot(const StormRun& run)
        : run_(run), step_(1 + run.timeline.size() / most_points), top_(round_up(most())) {}

    [[nodiscard]] std::string draw() const {
        std::string svg = trouble() + axes();
        for (const Line& line : lines) svg += draw(line);
        return svg;
    }

private:
    static constexpr std::size_t most_points = 120;

    /// Means over a few seconds: as many as there is room for points.
    [[nodiscard]] std::vector<double> means(int Second::*value) const {
        std::vector<double> result;
        const std::span<const Second> seconds(run_.timeline);
        for (std::size_t i = 0; i + step_ <= seconds.size(); i += step_) {
            double total = 0;
            for (const Second& second : seconds.subspan(i, step_)) total += second.*value;
            result.push_back(total / static_cast<double>(step_));
        }
        return result;
    }

    [[nodiscard]] double most() const {
        double result = 0;
        for (const Line& line : lines)
            result = std::max(result, std::ranges::max(means(line.value)));
        return result;
    }

    static double round_up(double amount) { return 50 * std::ceil(amount / 50); }

    [[nodiscard]] double x(double second) const {
        return plot_left + plot_width * second / static_cast<double>(run_.timeline.size());
    }
    [[nodiscard]] double y(double amount) const {
        return plot_top + plot_height * (1 - amount / top_);
    }

    [[nodiscard]] std::string trouble() const {
        const auto begin = static_cast<double>(warm_up.count());
        const auto end = begin + static_cast<double>(run_.scenario.trouble_time.count());
        return fmt::format(
            "<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"#f3e3c3\"/>\n",
            x(begin), plot_top, x(end) - x(begin), plot_height);
    }

    [[nodiscard]] std::string axes() const {
        const auto& scenario = run_.scenario;
        std::string svg = fmt::format("<path d=\"M{0} {1}V{2}H{3}\" stroke=\"#444\"/>\n", plot_left,
                                      plot_top, plot_top + plot_height, plot_left + plot_width);
        svg += text(plot_left, plot_top - 10, "start",
                    fmt::format("{}, {} clients", scenario.name, scenario.clients));
        for (const double amount : {0.0, top_ / 2, top_}) {
            svg += text(plot_left - 6, y(amount) + 4, "end", fmt::format("{:.0f}", amount));
        }
        const auto begin = static_cast<double>(warm_up.count());
        const auto length = static_cast<double>(scenario.trouble_time.count());
        const auto after = static_cast<double>(scenario.time_after.count());
        for (const double second : {0.0, length, length + after}) {
            svg += text(x(begin + second), plot_top + plot_height + 16, "middle",
                        fmt::format("{:.0f} s", second));
        }
        return svg;
    }

    [[nodiscard]] std::string draw(const Line& line) const {
        std::string points;
        double second = static_cast<double>(step_) / 2;
        for (const double amount : means(line.value)) {
            fmt::format_to(std::back_inserter(points), "{:.1f},{:.1f} ", x(second), y(amount));
            second += static_cast<double>(step_);
        }
        return fmt::format("<polyline points=\"{}\" stroke=\"{}\"/>\n", points, line.colour);
    }

    const StormRun& run_;
    const std::size_t step_;  ///< Seconds from point to point.
    const double top_;
};

std::string legend() {
    std::string svg;
    double x = plot_left;
    for (const Line& line : lines) {
        svg += fmt::format("<path d=\"M{} 15h20\" stroke=\"{}\"/>\n", x, line.colour);
        svg += text(x + 25, 19, "start", line.name);
        x += 180;
    }
    return svg;
}

}  // namespace

std::string draw_storms(const std::vector<StormRun>& runs) {
    const auto rows = (runs.size() + columns - 1) / columns;
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
        "font-family=\"sans-serif\" font-size=\"11\" fill=\"none\" stroke-width=\"1.5\">\n"
        "<style>text {{ fill: #222 }}</style>\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n",
        columns * panel_width, legend_height + panel_height * static_cast<double>(rows));
    svg += legend();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        svg += fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n",
                           panel_width * static_cast<double>(i % columns),
                           legend_height + panel_height * static_cast<double>(i / columns),
                           Plot(runs[i]).draw());
    }
    return svg + "</svg>\n";
}
