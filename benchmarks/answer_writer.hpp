#pragma once

#include "load_server.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace cloud_backend::benchmarks {

/// The bytes of one answer, a piece at a time.
class AnswerWriter {
public:
    explicit AnswerWriter(const Answer& answer);

    /// The head and the first event, or the whole document.
    [[nodiscard]] std::string begin();
    /// What comes next; empty when the answer is over.
    [[nodiscard]] std::string next();
    [[nodiscard]] bool over() const noexcept { return over_; }
    /// Between two pieces; zero: as fast as can be.
    [[nodiscard]] std::chrono::nanoseconds interval() const noexcept;

private:
    [[nodiscard]] std::string events_at_full_speed();
    [[nodiscard]] std::string stamped_events(std::size_t count);

    Answer answer_;
    std::string block_{};  ///< A chunk of HTTP with `coalesced` events.
    std::size_t chunks_left_;
    bool over_ = false;
};

}  // namespace cloud_backend::benchmarks
