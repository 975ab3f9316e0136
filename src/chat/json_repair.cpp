#include "chat/json_repair.hpp"

#include "core/ascii.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

namespace cloud_backend::detail {

namespace {

constexpr std::size_t escape_length = 6;  // \uXXXX

/// The UTF-16 code unit that `text` begins with an escape of, if it does.
std::optional<std::uint16_t> escaped_unit(std::string_view text) {
    if (text.size() < escape_length || !text.starts_with("\\u")) return std::nullopt;
    const char* end = text.data() + escape_length;
    std::uint16_t unit = 0;
    const auto result = std::from_chars(text.data() + 2, end, unit, 16);
    return result.ptr == end ? std::optional(unit) : std::nullopt;
}

constexpr bool is_high_surrogate(std::uint16_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}

constexpr bool is_low_surrogate(std::uint16_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

template <class Integer>
bool is_out_of_range(std::string_view token) {
    Integer number{};
    const auto result = std::from_chars(token.data(), token.data() + token.size(), number);
    return result.ec == std::errc::result_out_of_range;
}

/// Whether what the first digit but 0 of a number stands for is 1 or more.
bool is_one_or_more(std::string_view token) {
    const auto digits = token.substr(0, token.find_first_of("eE"));
    auto exponent = token.substr(std::min(digits.size() + 1, token.size()));
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    std::int32_t power = 0;
    const auto result = std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
    if (result.ec == std::errc::result_out_of_range) return !exponent.starts_with('-');
    const auto point = static_cast<std::int64_t>(std::min(digits.find('.'), digits.size()));
    const auto first = static_cast<std::int64_t>(digits.find_first_of("123456789"));
    return power + point - first > 0;
}

/// Too small is no fault: parsers read such numbers as 0.
bool is_too_large(std::string_view token) {
    double number{};
    const auto result = std::from_chars(token.data(), token.data() + token.size(), number);
    if (std::isinf(number)) return true;  // Some standard libraries take that for a success.
    return result.ec == std::errc::result_out_of_range && is_one_or_more(token);
}

class Repair {
public:
    explicit Repair(std::string_view text) : rest_(text) { out_.reserve(text.size() + 16); }

    std::string run() && {
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (c == '"') {
                string();
            } else if (c == '-' || is_digit(c)) {
                number();
            } else {
                copy(1);
            }
        }
        return std::move(out_);
    }

private:
    void string() {
        copy(1);
        while (!rest_.empty()) {
            copy(std::min(rest_.find_first_of("\"\\"), rest_.size()));
            if (rest_.starts_with('"')) return copy(1);
            escape();
        }
    }

    void escape() {
        const auto unit = escaped_unit(rest_);
        if (!unit) return copy(std::min<std::size_t>(2, rest_.size()));
        if (!is_high_surrogate(*unit) && !is_low_surrogate(*unit)) return copy(escape_length);
        const auto next = escaped_unit(rest_.substr(escape_length));
        if (is_high_surrogate(*unit) && next && is_low_surrogate(*next)) {
            return copy(2 * escape_length);
        }
        out_ += "\\ufffd";
        rest_.remove_prefix(escape_length);
    }

    void number() {
        const auto token = rest_.substr(0, rest_.find_first_not_of("+-.0123456789Ee"));
        if (is_too_large(token)) {
            out_ += "null";
            rest_.remove_prefix(token.size());
            return;
        }
        copy(token.size());
        const bool integer = token.find_first_of(".Ee") == std::string_view::npos;
        if (integer && is_out_of_range<std::int64_t>(token) &&
            (token.starts_with('-') || is_out_of_range<std::uint64_t>(token))) {
            out_ += ".0";
        }
    }

    void copy(std::size_t count) {
        out_ += rest_.substr(0, count);
        rest_.remove_prefix(count);
    }

    std::string_view rest_;
    std::string out_;
};

}  // namespace

std::string repair_json(std::string_view text) {
    if (is_valid_utf8(text)) return Repair(text).run();
    return Repair(repair_utf8(text)).run();
}

}  // namespace cloud_backend::detail
