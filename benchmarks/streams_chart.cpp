#include "streams_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

namespace cloud_backend::benchmarks {

namespace {

constexpr double panel_width = 430;
constexpr double panel_height = 260;
constexpr double plot_left = 50;
constexpr double plot_top = 40;
constexpr double plot_width = 360;
constexpr double plot_height = 180;
constexpr double legend_height = 30;
constexpr std::array colours{"#9a9a9a", "#2a7f62", "#d1495b"};

std::string text(double x, double y, std::string_view anchor, std::string_view words) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y,
                       anchor, words);
}

/// Whole decades around the values.
struct LogScale {
    double least;
    double most;

    template <class Values>
    static LogScale around(const Values& values) {
        const auto [least, most] = std::ranges::minmax(values);
        const double floor = std::floor(std::log10(least));
        return {floor, std::max(floor + 1, std::ceil(std::log10(most)))};
    }
    /// From 0 to 1.
    [[nodiscard]] double place(double value) const {
        return (std::log10(value) - least) / (most - least);
    }
};

class Panel {
public:
    Panel(const std::vector<StreamsCurve>& curves, double StreamsPoint::*value)
        : curves_(curves), value_(value) {}

    [[nodiscard]] std::string draw(std::string_view title) const {
        std::string svg = text(plot_left, plot_top - 14, "start", title) + axes();
        for (std::size_t i = 0; i < curves_.size(); ++i) svg += line(curves_[i], colours.at(i));
        return svg;
    }

private:
    template <class Field>
    [[nodiscard]] std::vector<double> all(Field field) const {
        std::vector<double> values;
        for (const StreamsCurve& curve : curves_) {
            for (const StreamsPoint& point : curve.points) {
                values.push_back(static_cast<double>(point.*field));
            }
        }
        return values;
    }

    [[nodiscard]] double x(double streams) const {
        return plot_left + plot_width * streams_.place(streams);
    }
    [[nodiscard]] double y(double value) const {
        return plot_top + plot_height * (1 - scale_.place(value));
    }

    [[nodiscard]] std::string axes() const {
        constexpr double bottom = plot_top + plot_height;
        std::string svg = fmt::format("<path d=\"M{0} {1}V{2}H{3}\" stroke=\"#444\"/>\n", plot_left,
                                      plot_top, bottom, plot_left + plot_width);
        for (double decade = scale_.least; decade <= scale_.most; ++decade) {
            const double value = std::pow(10, decade);
            svg += fmt::format("<path d=\"M{0} {1:.1f}h{2}\" stroke=\"#e4e4e4\"/>\n", plot_left,
                               y(value), plot_width);
            svg += text(plot_left - 6, y(value) + 4, "end", fmt::format("{:g}", value));
        }
        for (const StreamsPoint& point : curves_.front().points) {
            const auto streams = static_cast<double>(point.streams);
            svg += text(x(streams), bottom + 16, "middle", fmt::format("{:g}", streams));
        }
        return svg + text(plot_left + plot_width / 2, bottom + 32, "middle", "streams at once");
    }

    [[nodiscard]] std::string line(const StreamsCurve& curve, std::string_view colour) const {
        std::string points;
        for (const StreamsPoint& point : curve.points) {
            fmt::format_to(std::back_inserter(points), "{:.1f},{:.1f} ",
                           x(static_cast<double>(point.streams)), y(point.*value_));
        }
        return fmt::format("<polyline points=\"{}\" stroke=\"{}\"/>\n", points, colour);
    }

    const std::vector<StreamsCurve>& curves_;
    double StreamsPoint::*value_;
    LogScale streams_ = LogScale::around(all(&StreamsPoint::streams));
    LogScale scale_ = LogScale::around(all(value_));
};

std::string legend(const std::vector<StreamsCurve>& curves) {
    std::string svg;
    double x = plot_left;
    for (std::size_t i = 0; i < curves.size(); ++i) {
        svg += fmt::format("<path d=\"M{} 15h20\" stroke=\"{}\"/>\n", x, colours.at(i));
        svg += text(x + 25, 19, "start", curves[i].name);
        x += 260;
    }
    return svg;
}

}  // namespace

std::string draw_streams(const std::vector<StreamsCurve>& curves) {
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
        "font-family=\"sans-serif\" font-size=\"11\" fill=\"none\" stroke-width=\"1.5\">\n"
        "<style>text {{ fill: #222 }}</style>\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n",
        2 * panel_width, legend_height + panel_height);
    svg += legend(curves);
    svg += fmt::format(
        "<g transform=\"translate(0 {})\">\n{}</g>\n", legend_height,
        Panel(curves, &StreamsPoint::cpu_per_chunk).draw("processor time per chunk, us"));
    svg += fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n", panel_width, legend_height,
                       Panel(curves, &StreamsPoint::megabytes).draw("resident memory, MB"));
    return svg + "</svg>\n";
}

}  // namespace cloud_backend::benchmarks
