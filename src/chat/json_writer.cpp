#include "chat/json_writer.hpp"

#include <array>
#include <charconv>
#include <type_traits>

namespace cloud_backend::detail {

namespace {

void append_escape(std::string& out, char c) {
    constexpr std::string_view hex = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            out += "\\u00";
            out += hex[static_cast<unsigned char>(c) >> 4];
            out += hex[static_cast<unsigned char>(c) & 0xF];
    }
}

constexpr bool needs_escape(char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

template <class Number>
void append_number(std::string& out, Number number) {
    std::array<char, 32> digits{};
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    const std::string_view text(digits.data(),
                                static_cast<std::size_t>(result.ptr - digits.data()));
    out += text;
    if constexpr (std::is_floating_point_v<Number>) {  // It stays one for its next reader.
        if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
    }
}

void append_array(std::string& out, simdjson::dom::array array) {
    char separator = '[';
    for (const auto item : array) {
        out += separator;
        append_json(out, item);
        separator = ',';
    }
    out += separator == '[' ? "[]" : "]";
}

void append_object(std::string& out, simdjson::dom::object object) {
    char separator = '{';
    for (const auto& [key, value] : object) {
        out += separator;
        append_json_string(out, key);
        out += ':';
        append_json(out, value);
        separator = ',';
    }
    out += separator == '{' ? "{}" : "}";
}

}  // namespace

std::string json_text(simdjson::dom::element value) {
    std::string text;
    append_json(text, value);
    return text;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!needs_escape(text[i])) continue;
        out += text.substr(written, i - written);
        append_escape(out, text[i]);
        written = i + 1;
    }
    out += text.substr(written);
    out += '"';
}

void append_json(std::string& out, simdjson::dom::element value) {
    using simdjson::dom::element_type;
    switch (value.type()) {
        case element_type::ARRAY:
            return append_array(out, value.get_array().value_unsafe());
        case element_type::OBJECT:
            return append_object(out, value.get_object().value_unsafe());
        case element_type::STRING:
            return append_json_string(out, value.get_string().value_unsafe());
        case element_type::INT64:
            return append_number(out, value.get_int64().value_unsafe());
        case element_type::UINT64:
            return append_number(out, value.get_uint64().value_unsafe());
        case element_type::DOUBLE:
            return append_number(out, value.get_double().value_unsafe());
        case element_type::BOOL:
            out += value.get_bool().value_unsafe() ? "true" : "false";
            break;
        case element_type::NULL_VALUE:
            out += "null";
            break;
    }
}

void store_json(RawJson& target, simdjson::dom::element value, std::string& buffer) {
    const auto start = buffer.size();
    append_json(buffer, value);
    target.assign_trusted(std::string_view(buffer).substr(start));
    buffer.resize(start);
}

void MemberCollector::add(std::string_view key, simdjson::dom::element value) {
    if (value.is_null()) return;
    buffer_ += buffer_.size() == start_ ? '{' : ',';
    append_json_string(buffer_, key);
    buffer_ += ':';
    append_json(buffer_, value);
}

void MemberCollector::store(RawJson& target) {
    if (buffer_.size() == start_) return target.clear();
    buffer_ += '}';
    target.assign_trusted(std::string_view(buffer_).substr(start_));
    buffer_.resize(start_);
}

}  // namespace cloud_backend::detail
