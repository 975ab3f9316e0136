#include "load_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string_view>
#include <utility>

namespace cloud_backend::benchmarks {

namespace {

/// Takes a whole request off `input` and returns its path; empty while there is none.
std::optional<std::string> take_request(std::string& input) {
    constexpr std::string_view end_of_head = "\r\n\r\n";
    constexpr std::string_view length_field = "\r\nContent-Length: ";
    const auto head_end = input.find(end_of_head);
    if (head_end == std::string::npos) return std::nullopt;
    std::size_t request_bytes = head_end + end_of_head.size();
    const auto length_at = input.find(length_field);
    if (length_at < head_end) {
        std::size_t body_bytes = 0;
        std::from_chars(input.data() + length_at + length_field.size(), input.data() + head_end,
                        body_bytes);
        request_bytes += body_bytes;
    }
    if (input.size() < request_bytes) return std::nullopt;
    const auto path_at = input.find(' ') + 1;
    std::string path = input.substr(path_at, input.find(' ', path_at) - path_at);
    input.erase(0, request_bytes);
    return path;
}

}  // namespace

void LoadConnection::receive() {
    std::array<char, std::size_t{16} << 10> bytes{};
    const auto received = ::recv(socket_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) throw embedded_server::Disconnected();
    input_.append(bytes.data(), static_cast<std::size_t>(received));
}

void LoadConnection::advance() {
    do {
        send();
    } while (!blocked() && find_output());
}

/// False: there is nothing to send yet.
bool LoadConnection::find_output() {
    sent_ = 0;
    output_.clear();
    if (!writer_) return begin_answer();
    if (due_ && *due_ > Clock::now()) return false;
    if (due_) *due_ += writer_->interval();
    output_ = writer_->next();
    if (!writer_->over()) return true;
    writer_.reset();
    due_.reset();
    return true;
}

bool LoadConnection::begin_answer() {
    const auto path = take_request(input_);
    if (!path) return false;
    output_ = writer_.emplace(Answer::named_by(*path)).begin();
    if (writer_->over()) {
        writer_.reset();
    } else if (writer_->interval() > Clock::duration::zero()) {
        due_ = Clock::now() + first_wait(writer_->interval());
    }
    return true;
}

/// Streams do not go in step: that of each connection has a phase of its own.
Clock::duration LoadConnection::first_wait(Clock::duration interval) const {
    constexpr double golden_ratio = 0.6180339887498949;  // Spreads any number of them evenly.
    double whole = 0;
    const double phase = std::modf(golden_ratio * socket_.fd(), &whole);
    return interval + std::chrono::duration_cast<Clock::duration>(phase * interval);
}

void LoadConnection::send() {
    if (!blocked()) return;
    const auto sent = ::send(socket_.fd(), output_.data() + sent_, output_.size() - sent_,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) throw embedded_server::Disconnected();
    if (sent > 0) sent_ += static_cast<std::size_t>(sent);
}

}  // namespace cloud_backend::benchmarks
