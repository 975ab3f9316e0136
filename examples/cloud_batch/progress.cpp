#include "progress.hpp"

#include "terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace cloud_batch {

namespace {

using cloud_backend::Clock;
using cloud_backend::Duration;

std::string describe_time(double seconds) {
    const std::int64_t whole = std::llround(seconds);
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3'600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3'600, whole / 60 % 60);
}

std::string bar_of(double share) {
    constexpr std::size_t width = 30;
    const auto full = static_cast<std::size_t>(share * width);
    return fmt::format("[{:<{}}] ", std::string(full, '='), width);
}

}  // namespace

std::string describe_progress(const Counts& counts, Duration elapsed) {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    const auto settled_now = static_cast<double>(counts.answered + counts.failed);
    const double rate = seconds > 0 ? settled_now / seconds : 0;
    std::string text;
    if (counts.total) {
        const auto total = static_cast<double>(std::max<std::uint64_t>(*counts.total, 1));
        text = bar_of(std::min(static_cast<double>(counts.settled()) / total, 1.0));
        text += fmt::format("{} of {}", counts.settled(), *counts.total);
    } else {
        text = std::to_string(counts.settled());
    }
    text += fmt::format(", {:.1f}/s, {} failed", rate, counts.failed);
    if (counts.total && rate > 0) {
        const std::uint64_t left = std::max(*counts.total, counts.settled()) - counts.settled();
        text += fmt::format(", {} left", describe_time(static_cast<double>(left) / rate));
    }
    return text;
}

void Progress::update(const Counts& counts) {
    using namespace std::chrono_literals;
    const auto now = Clock::now();
    if (now < next_) return;
    show_bar(describe_progress(counts, now - start_));
    next_ = now + (errors_go_to_terminal() ? 200ms : 10s);
}

}  // namespace cloud_batch
