#include "line_reader.hpp"

#include "descriptor.hpp"

namespace cloud_batch {

std::optional<std::string_view> LineReader::next_line() {
    const std::size_t end = buffer_.find('\n', searched_);
    if (end != std::string::npos) return take(end - begin_, 1);
    searched_ = buffer_.size();
    if (!ended_ || at_end()) return std::nullopt;
    torn_ = true;
    return take(buffer_.size() - begin_, 0);
}

std::string_view LineReader::take(std::size_t size, std::size_t line_end) {
    const std::string_view line = std::string_view(buffer_).substr(begin_, size);
    begin_ += size + line_end;
    searched_ = begin_;
    ++line_;
    line_offset_ = next_offset_;
    next_offset_ += size + line_end;
    return line;
}

void LineReader::read_more() {
    constexpr std::size_t piece = std::size_t{256} << 10;
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched_ = buffer_.size();
    buffer_.resize(searched_ + piece);
    ssize_t count = 0;
    do {
        count = ::read(fd_, buffer_.data() + searched_, piece);
    } while (count < 0 && errno == EINTR);
    buffer_.resize(searched_ + static_cast<std::size_t>(count < 0 ? 0 : count));
    checked(count, name_);
    ended_ = count == 0;
}

}  // namespace cloud_batch
