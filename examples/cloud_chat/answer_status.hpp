#pragma once

#include <cloud_backend/clock.hpp>

#include <atomic>
#include <cstddef>
#include <stop_token>
#include <string>
#include <thread>

namespace cloud_chat {

/// How an answer comes along: `waited` since the question, `bytes` of it within `time` so far.
[[nodiscard]] std::string status_text(cloud_backend::Duration waited, std::size_t bytes,
                                      cloud_backend::Duration time);

/// Shows that at the terminal while it lives, and leaves no trace. With answers that go to the same
/// terminal it ends before the first piece of one.
class AnswerStatus {
public:
    AnswerStatus();
    ~AnswerStatus();
    AnswerStatus(const AnswerStatus&) = delete;
    AnswerStatus& operator=(const AnswerStatus&) = delete;

    /// Before a piece of the answer is written.
    void add(std::size_t bytes);
    void end();

private:
    void show_until(const std::stop_token& ending) const;

    const cloud_backend::TimePoint start_ = cloud_backend::Clock::now();
    std::atomic<cloud_backend::TimePoint> first_{start_};
    std::atomic<std::size_t> bytes_ = 0;
    std::jthread thread_{};
};

}  // namespace cloud_chat
