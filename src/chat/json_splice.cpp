#include "chat/json_splice.hpp"

#include "core/ascii.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>

namespace cloud_backend::detail {

namespace {

constexpr std::string_view white_space = " \t\r\n";

/// Walks over JSON that is known to be valid.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    /// The next character that is no white space.
    char peek() {
        position_ = text_.find_first_not_of(white_space, position_);
        return text_[position_];
    }

    void skip(char expected) {
        if (peek() == expected) ++position_;
    }

    std::string_view string() {
        peek();
        const std::size_t start = position_;
        for (++position_; text_[position_] != '"'; ++position_) {
            if (text_[position_] == '\\') ++position_;
        }
        ++position_;
        return text_.substr(start, position_ - start);
    }

    std::string_view value() {
        peek();
        const std::size_t start = position_;
        std::size_t depth = 0;
        do {
            switch (text_[position_]) {
                case '"':
                    string();
                    break;
                case '{':
                case '[':
                    ++depth;
                    ++position_;
                    break;
                case '}':
                case ']':
                    --depth;
                    ++position_;
                    break;
                default:
                    skip_scalar_or_separator();
            }
        } while (depth > 0);
        return text_.substr(start, position_ - start);
    }

private:
    void skip_scalar_or_separator() {
        constexpr std::string_view separators = ",: \t\r\n";
        if (separators.find(text_[position_]) != std::string_view::npos) {
            ++position_;
        } else {
            position_ = text_.find_first_of(",:]} \t\r\n", position_);
        }
    }

    std::string_view text_;
    std::size_t position_ = 0;
};

}  // namespace

std::string JsonMember::name() const {
    if (key.find('\\') == std::string_view::npos) return std::string(key.substr(1, key.size() - 2));
    return nlohmann::json::parse(key).get<std::string>();
}

bool is_json(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    // nlohmann takes a NUL for the end of the text, and passes over a byte order mark.
    return text.find('\0') == std::string_view::npos && !text.starts_with(byte_order_mark) &&
           nlohmann::json::accept(text);
}

bool is_json_object(std::string_view text) {
    const std::size_t first = text.find_first_not_of(white_space);
    return first != std::string_view::npos && text[first] == '{' && is_json(text);
}

std::vector<JsonMember> members_of(std::string_view object) {
    std::vector<JsonMember> members;
    Scanner scanner(object);
    scanner.skip('{');
    while (scanner.peek() != '}') {
        const std::string_view key = scanner.string();
        scanner.skip(':');
        members.push_back({.key = key, .value = scanner.value()});
        scanner.skip(',');
    }
    return members;
}

void append_elements(std::string& open_list, std::string_view array) {
    const std::string_view elements = trim(array.substr(1, array.size() - 2));
    if (elements.empty()) return;
    if (open_list.size() > 1) open_list += ',';
    open_list += elements;
}

}  // namespace cloud_backend::detail
