#pragma once

#include "answer_writer.hpp"
#include "socket.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace cloud_backend::benchmarks {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

/// A kept connection: answers the requests on it, one after the other. Throws
/// `embedded_server::Disconnected` when it has ended.
class LoadConnection {
public:
    explicit LoadConnection(embedded_server::Socket socket) : socket_(std::move(socket)) {}

    void receive();
    /// Sends what is due, as far as the socket takes it.
    void advance();

    /// The socket takes no more for now.
    [[nodiscard]] bool blocked() const noexcept { return sent_ < output_.size(); }
    /// When the answer goes on; empty unless it is given at a rate.
    [[nodiscard]] const std::optional<TimePoint>& due() const noexcept { return due_; }

private:
    [[nodiscard]] bool find_output();
    [[nodiscard]] bool begin_answer();
    [[nodiscard]] Clock::duration first_wait(Clock::duration interval) const;
    void send();

    embedded_server::Socket socket_;
    std::string input_{};
    std::string output_{};
    std::size_t sent_ = 0;
    std::optional<AnswerWriter> writer_{};
    std::optional<TimePoint> due_{};
};

}  // namespace cloud_backend::benchmarks
