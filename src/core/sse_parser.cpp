#include "core/ascii.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>

namespace cloud_backend {

namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Keeps a usual buffer for the next event and gives a large one back (S3).
void clear_buffer(std::string& buffer) {
    constexpr std::size_t usual = std::size_t{64} << 10;
    if (buffer.capacity() > usual) {
        std::string().swap(buffer);
    } else {
        buffer.clear();
    }
}

std::optional<std::chrono::milliseconds> parse_retry(std::string_view digits) {
    std::chrono::milliseconds::rep value = 0;
    const bool only_digits = !digits.empty() && std::ranges::all_of(digits, detail::is_digit);
    if (!only_digits) return std::nullopt;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return std::chrono::milliseconds(value);
}

bool is_field(std::string_view name) {
    return name == "data" || name == "event" || name == "id" || name == "retry";
}

/// Up to the colon, which is not looked for behind the longest field name (S3).
std::string_view name_of(std::string_view line) {
    constexpr std::size_t longest = std::string_view("event").size();
    return line.substr(0, line.substr(0, longest + 1).find(':'));
}

}  // namespace

SseParser::SseParser(std::size_t max_event_bytes) : max_event_bytes_(max_event_bytes) {}

void SseParser::reset() {
    *this = SseParser(max_event_bytes_);
}

std::size_t SseParser::buffer_capacity() const noexcept {
    return line_.capacity() + data_.capacity() + type_.capacity() + id_.capacity();
}

void SseParser::begin_piece(std::string_view bytes) noexcept {
    piece_ = bytes;
    position_ = next_lf_ = next_cr_ = 0;
    finishing_ = false;
}

const SseEvent* SseParser::next() {
    forget_what_was_given();
    while (status_ == Status::ok && position_ < piece_.size()) {
        if (after_cr_) {
            after_cr_ = false;
            if (piece_[position_] == '\n') {
                ++position_;
                continue;
            }
        }
        const std::size_t end = std::min(find_line_end(), piece_.size());
        std::string_view line = piece_.substr(position_, end - position_);
        if (!within_limit(line_.size() + line.size())) break;
        const bool line_ends = end < piece_.size();
        if (!line_ends || !line_.empty()) {
            line_ += line;
            line = line_;
        }
        position_ = end + 1;
        if (!line_ends) break;
        after_cr_ = piece_[end] == '\r';
        line_is_over_ = true;
        if (const SseEvent* event = take_line(line)) return event;
        forget_what_was_given();
    }
    keep_data_of_piece();
    if (!finishing_ || status_ != Status::ok) return nullptr;
    if (!line_.empty()) {
        line_is_over_ = true;
        if (const SseEvent* event = take_line(line_)) return event;
        forget_what_was_given();
    }
    finishing_ = false;
    return end_record(SseEvent::Kind::pending);
}

/// The next CR or LF. Each byte of a piece is looked at once for either (S3).
std::size_t SseParser::find_line_end() noexcept {
    const auto look_for = [this](char c, std::size_t& found) {
        if (found == npos || found > position_) return;
        const void* at = std::memchr(piece_.data() + position_, c, piece_.size() - position_);
        found = at ? static_cast<std::size_t>(static_cast<const char*>(at) - piece_.data()) : npos;
    };
    look_for('\n', next_lf_);
    look_for('\r', next_cr_);
    return std::min(next_lf_, next_cr_);
}

const SseEvent* SseParser::take_line(std::string_view line) {
    if (at_start_) {
        at_start_ = false;
        if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    }
    if (line.empty()) return end_record(SseEvent::Kind::event);
    if (line.front() == ':') return nullptr;
    const std::string_view name = name_of(line);
    if (!is_field(name)) return give(SseEvent::Kind::bare_line, line);
    std::string_view value = line.substr(std::min(name.size() + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(name, value);
    return nullptr;
}

void SseParser::take_field(std::string_view name, std::string_view value) {
    if (name == "data") {
        add_data(value);
    } else if (name == "event") {
        clear_buffer(type_);
        type_ = value;
    } else if (name == "id") {
        if (value.find('\0') != npos) return;
        clear_buffer(id_);
        id_ = value;
    } else if (const auto time = parse_retry(value)) {
        reconnection_time_ = time;
    }
}

void SseParser::add_data(std::string_view value) {
    if (!has_data_) {
        has_data_ = true;
        if (lies_in_piece(value)) {
            piece_data_ = value;
        } else {
            // The end of a line put together already: taken with it, not copied again (S3).
            data_begin_ = line_.size() - value.size();
            data_.swap(line_);
        }
        return;
    }
    keep_data_of_piece();
    if (!within_limit(data().size() + 1 + value.size())) return;
    data_ += '\n';
    data_ += value;
}

std::string_view SseParser::data() const noexcept {
    return piece_data_.empty() ? std::string_view(data_).substr(data_begin_) : piece_data_;
}

const SseEvent* SseParser::end_record(SseEvent::Kind kind) {
    record_is_over_ = true;
    if (status_ != Status::ok || data().empty()) return nullptr;
    return give(kind, data());
}

/// Copies only what has no padding where it stands.
const SseEvent* SseParser::give(SseEvent::Kind kind, std::string_view data) {
    if (!has_padding(data)) {
        std::string& buffer = kind == SseEvent::Kind::bare_line ? line_ : data_;
        const bool in_buffer = !lies_in_piece(data);
        const std::size_t offset =
            in_buffer ? static_cast<std::size_t>(data.data() - buffer.data()) : 0;
        if (!in_buffer) buffer = data;
        const std::size_t size = data.size();
        buffer.append(padding, '\0');
        data = std::string_view(buffer).substr(offset, size);
    }
    event_ = {.kind = kind, .data = data, .type = type_, .id = id_};
    return &event_;
}

void SseParser::forget_what_was_given() {
    if (line_is_over_) clear_buffer(line_);
    if (record_is_over_) {
        clear_buffer(data_);
        clear_buffer(type_);
        piece_data_ = {};
        data_begin_ = 0;
        has_data_ = false;
    }
    line_is_over_ = record_is_over_ = false;
}

/// The piece goes; what the record has of it stays.
void SseParser::keep_data_of_piece() {
    if (piece_data_.empty()) return;
    data_ = piece_data_;
    piece_data_ = {};
}

bool SseParser::within_limit(std::size_t bytes) noexcept {
    if (bytes > max_event_bytes_) status_ = Status::event_too_large;
    return bytes <= max_event_bytes_;
}

bool SseParser::lies_in_piece(std::string_view text) const noexcept {
    const std::less_equal<> not_after;
    return not_after(piece_.data(), text.data()) &&
           not_after(text.data() + text.size(), piece_.data() + piece_.size());
}

bool SseParser::has_padding(std::string_view text) const noexcept {
    return lies_in_piece(text) && static_cast<std::size_t>(piece_.data() + piece_.size() -
                                                           text.data()) >= text.size() + padding;
}

}  // namespace cloud_backend
