#pragma once

#include <cloud_backend/attempt.hpp>
#include <cloud_backend/chat.hpp>
#include <cloud_backend/clock.hpp>

#include <cstddef>
#include <string>
#include <string_view>

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

    /// Empty when the time was too short, or nothing was counted.
    [[nodiscard]] std::string rate_of(const cloud_backend::ChatCompletion& answer) const;
    [[nodiscard]] cloud_backend::Duration first_token_after() const noexcept {
        return first_ - start_;
    }
    [[nodiscard]] bool has_begun() const noexcept { return chunks_ > 0; }

private:
    const cloud_backend::TimePoint start_ = cloud_backend::Clock::now();
    cloud_backend::TimePoint first_{};
    cloud_backend::TimePoint last_{};
    std::size_t chunks_ = 0;
    bool shows_reasoning_ = false;
};

/// All there is to say of an answer; `stream` is null when it came whole, `backend` who gave it if
/// it does not say so.
[[nodiscard]] std::string describe_statistics(const cloud_backend::ChatCompletion& answer,
                                              std::string_view backend, const StreamReport* stream);

/// Who answered, and why those before could not.
[[nodiscard]] std::string describe_fallback(const cloud_backend::ChatCompletion& answer);

}  // namespace cloud_chat
