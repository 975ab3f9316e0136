#include "answer_writer.hpp"

#include "stamp.hpp"
#include "typical_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace cloud_backend::benchmarks {

namespace {

constexpr std::size_t write_bytes = std::size_t{64} << 10;  // At full speed.

std::string http_chunk(std::string_view bytes) {
    return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace

AnswerWriter::AnswerWriter(const Answer& answer) : answer_(answer), chunks_left_(answer.chunks) {
    if (answer.streamed()) block_ = http_chunk(typical_stream(answer.coalesced));
}

std::string AnswerWriter::begin() {
    if (!answer_.streamed()) {
        over_ = true;
        return fmt::format(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
            answer_.body_bytes, typical_document(answer_.body_bytes));
    }
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
           "\r\n" +
           stamped_events(1);
}

std::string AnswerWriter::next() {
    if (chunks_left_ == 0) {
        over_ = true;
        return http_chunk(last_event) + "0\r\n\r\n";
    }
    return answer_.chunks_per_second > 0 ? stamped_events(answer_.coalesced)
                                         : events_at_full_speed();
}

std::chrono::nanoseconds AnswerWriter::interval() const noexcept {
    if (answer_.chunks_per_second == 0) return {};
    return std::chrono::nanoseconds(std::chrono::seconds(1)) *
           static_cast<std::chrono::nanoseconds::rep>(answer_.coalesced) /
           static_cast<std::chrono::nanoseconds::rep>(answer_.chunks_per_second);
}

std::string AnswerWriter::stamped_events(std::size_t count) {
    count = std::min(count, chunks_left_);
    chunks_left_ -= count;
    std::string events;
    for (std::size_t i = 0; i < count; ++i) events += typical_event(stamp_now());
    return http_chunk(events);
}

std::string AnswerWriter::events_at_full_speed() {
    std::string bytes;
    while (bytes.size() < write_bytes && chunks_left_ > 0) {
        if (chunks_left_ >= answer_.coalesced) {
            chunks_left_ -= answer_.coalesced;
            bytes += block_;
        } else {
            bytes += http_chunk(typical_stream(chunks_left_));
            chunks_left_ = 0;
        }
    }
    return bytes;
}

}  // namespace cloud_backend::benchmarks
