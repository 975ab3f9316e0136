#pragma once

#include <cloud_backend/call_info.hpp>
#include <cloud_backend/chat.hpp>
#include <cloud_backend/export.hpp>

#include <cstddef>
#include <memory>

namespace cloud_backend {

/// Puts the chunks of a stream together to the completion they tell (SPEC C3). Linear in what it is
/// given. Usable alone; not thread-safe, values are independent; one that was moved from is empty.
class CLOUD_BACKEND_EXPORT ChatAccumulator {
public:
    ChatAccumulator();
    ~ChatAccumulator();
    ChatAccumulator(ChatAccumulator&&) noexcept;
    ChatAccumulator& operator=(ChatAccumulator&&) noexcept;

    /// Tool calls and unknown fields kept of one choice, and unknown fields of the answer (SPEC
    /// T8).
    static constexpr std::size_t max_parts = 4'096;

    /// Whether all of a chunk was taken.
    enum class Status {
        ok,
        too_many_parts,  ///< What was over `max_parts` is lost; only `reset()` helps.
    };

    /// Adds what the chunk says; copies what it keeps.
    Status add(const ChatChunk& chunk);

    /// Every choice shown so far, and at least `expected_choices`, has a finish reason (SPEC T4).
    [[nodiscard]] bool finished(int expected_choices = 1) const noexcept;
    /// What is known so far, without a copy: its views live until the accumulator changes.
    [[nodiscard]] AnswerInfo info() const noexcept;
    /// The completion so far. Choices are ordered by index.
    [[nodiscard]] ChatCompletion completion() const;
    /// The same, without a copy; the accumulator is empty then.
    [[nodiscard]] ChatCompletion take();
    /// Forgets everything.
    void reset();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cloud_backend
