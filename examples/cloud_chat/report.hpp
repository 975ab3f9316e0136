#pragma once

#include <cloud_backend/attempt.hpp>
#include <cloud_backend/chat.hpp>
#include <cloud_backend/clock.hpp>

#include <cstddef>
#include <string>

namespace cloud_chat {

/// Why an attempt failed, and when the next one follows.
[[nodiscard]] std::string describe_retry(const cloud_backend::AttemptInfo& attempt);

/// A whole answer in one line: attempts, time, tokens.
[[nodiscard]] std::string describe_answer(const cloud_backend::ChatCompletion& answer);

/// The same for a streamed answer, whose tokens are timed as they come.
class StreamReport {
public:
    void add(const cloud_backend::ChatChunk& chunk);
    [[nodiscard]] std::string describe_answer(const cloud_backend::ChatCompletion& answer) const;

    [[nodiscard]] bool has_begun() const noexcept { return chunks_ > 0; }

private:
    const cloud_backend::TimePoint start_ = cloud_backend::Clock::now();
    cloud_backend::TimePoint first_{};
    cloud_backend::TimePoint last_{};
    std::size_t chunks_ = 0;
    bool shows_reasoning_ = false;
};

}  // namespace cloud_chat
