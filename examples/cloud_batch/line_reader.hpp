#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cloud_batch {

/// The lines of a file, pipe or terminal; it holds one of them and what was read with it.
class LineReader {
public:
    /// Reads `fd` from where it stands; `name` is for errors.
    LineReader(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

    /// The next line, without its end, if it has been read; valid until the next call. A last line
    /// that nothing ends is one too.
    [[nodiscard]] std::optional<std::string_view> next_line();
    /// Waits for more bytes and takes them, to be called when there is no next line. Throws
    /// std::system_error when they cannot be read.
    void read_more();

    /// Everything has been read and told.
    [[nodiscard]] bool at_end() const noexcept { return ended_ && begin_ == buffer_.size(); }
    /// Of the last line, from 1.
    [[nodiscard]] std::uint64_t line_number() const noexcept { return line_; }
    /// The last line had no end.
    [[nodiscard]] bool is_torn() const noexcept { return torn_; }
    /// Where the last line begins, in bytes from where the reader began.
    [[nodiscard]] std::uint64_t line_offset() const noexcept { return line_offset_; }

private:
    [[nodiscard]] std::string_view take(std::size_t size, std::size_t line_end);

    const int fd_;
    const std::string name_;
    std::string buffer_{};
    std::size_t begin_ = 0;     ///< Of what has not been told.
    std::size_t searched_ = 0;  ///< No line ends before.
    std::uint64_t line_ = 0;
    std::uint64_t next_offset_ = 0;
    std::uint64_t line_offset_ = 0;
    bool ended_ = false;
    bool torn_ = false;
};

}  // namespace cloud_batch
