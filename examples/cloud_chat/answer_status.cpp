#include "answer_status.hpp"

#include "terminal.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace cloud_chat {

using cloud_backend::Clock;
using cloud_backend::Duration;

namespace {

constexpr std::chrono::milliseconds frame_time{100};
// What most tokenizers make of English.
constexpr double bytes_per_token = 4;

double seconds_in(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::string status_text(Duration waited, std::size_t bytes, Duration time) {
    constexpr std::array frames{'|', '/', '-', '\\'};
    const char frame = frames[static_cast<std::size_t>(waited / frame_time) % frames.size()];
    std::string text = fmt::format("{} {:.0f} s", frame, seconds_in(waited));
    if (bytes == 0 || time <= Duration::zero()) return text;
    const double tokens = static_cast<double>(bytes) / bytes_per_token;
    return text + fmt::format(", about {:.0f} tokens/s", tokens / seconds_in(time));
}

AnswerStatus::AnswerStatus() {
    if (!can_show_status()) return;
    thread_ = std::jthread([this](const std::stop_token& ending) { show_until(ending); });
}

AnswerStatus::~AnswerStatus() {
    end();
}

void AnswerStatus::add(std::size_t bytes) {
    if (answers_go_to_terminal()) {
        end();
        return;
    }
    if (bytes_ == 0) first_ = Clock::now();
    bytes_ += bytes;
}

void AnswerStatus::show_until(const std::stop_token& ending) const {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    // An answer that comes at once needs no status.
    while (!never.wait_for(lock, ending, frame_time, [&] { return ending.stop_requested(); })) {
        const auto now = Clock::now();
        show_status(status_text(now - start_, bytes_, now - first_.load()));
    }
}

void AnswerStatus::end() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    erase_status();
}

}  // namespace cloud_chat
