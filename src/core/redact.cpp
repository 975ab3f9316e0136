#include "core/redact.hpp"

#include "core/ascii.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace cloud_backend::detail {

namespace {

constexpr std::string_view mask = "***";
constexpr std::string_view ellipsis = "...";

std::string hex_escape(unsigned char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    return {'\\', 'x', digits[byte >> 4U], digits[byte & 0xFU]};
}

std::string escape_control(char c) {
    switch (c) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return hex_escape(static_cast<unsigned char>(c));
    }
}

/// The length of a character that must not be printed: a C0 control or DEL, a C1 control (C2 80 to
/// C2 9F), a line or paragraph separator (E2 80 A8, E2 80 A9); else 0.
std::size_t unprintable_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
    if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return 2;
    if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) return 3;
    return 0;
}

std::size_t sequence_length(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    if (byte < 0x80) return 1;
    if (byte < 0xE0) return 2;
    return byte < 0xF0 ? 3 : 4;
}

/// The next character of valid UTF-8, as it may be printed; `text` moves behind it.
std::string next_printable(std::string_view& text) {
    std::string printed;
    if (const std::size_t unprintable = unprintable_length(text); unprintable > 0) {
        for (const char c : text.substr(0, unprintable)) printed += escape_control(c);
        text.remove_prefix(unprintable);
    } else {
        const std::size_t length = sequence_length(text.front());
        printed = text.substr(0, length);
        text.remove_prefix(length);
    }
    return printed;
}

/// In `text` before an "@". Behind a scheme it may hold anything but a slash, also by mistake.
std::size_t begin_of_user_info(std::string_view text) {
    constexpr std::string_view scheme_end = "://";
    const auto slash = text.rfind('/') + 1;
    return text.substr(0, slash).ends_with(scheme_end) ? slash : text.find_last_of(" '\"/") + 1;
}

}  // namespace

std::string mask_secret(std::string text, std::string_view secret) {
    if (secret.empty()) return text;
    std::string masked;
    std::size_t copied = 0;
    for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos; copied = at) {
        masked.append(text, copied, at - copied).append(mask);
        at += secret.size();
    }
    if (copied == 0) return text;
    return masked.append(text, copied);
}

std::vector<std::string> secrets_of(const Headers& headers, std::vector<std::string> others) {
    std::vector<std::string> secrets = std::move(others);
    for (const auto& [name, value] : headers) {
        if (!is_secret_header(name)) continue;
        secrets.push_back(value);
        const auto space = value.find(' ');
        if (space != std::string::npos) secrets.push_back(value.substr(space + 1));
    }
    std::ranges::sort(secrets, std::greater{}, &std::string::size);
    return secrets;
}

std::string mask_secrets(std::string text, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) text = mask_secret(std::move(text), secret);
    return text;
}

std::string mask_user_info(std::string_view text) {
    std::string masked;
    for (std::size_t at = 0; (at = text.find('@')) != std::string_view::npos;) {
        const auto begin = begin_of_user_info(text.substr(0, at));
        masked.append(text.substr(0, begin)).append(begin < at ? mask : "").append("@");
        text.remove_prefix(at + 1);
    }
    return masked.append(text);
}

std::string printable(std::string_view text, std::size_t max_bytes) {
    // Every byte of the text becomes at least one of the result.
    const bool surely_cut = text.size() > max_bytes;
    const std::string valid = repair_utf8(surely_cut ? text.substr(0, max_bytes + 4) : text);
    std::string result;
    std::size_t end_with_ellipsis = 0;
    for (std::string_view rest = valid; !rest.empty();) {
        const std::string character = next_printable(rest);
        if (result.size() + character.size() > max_bytes) {
            result.resize(end_with_ellipsis);
            return max_bytes < ellipsis.size() ? result : result.append(ellipsis);
        }
        result += character;
        if (result.size() + ellipsis.size() <= max_bytes) end_with_ellipsis = result.size();
    }
    return result;
}

bool is_secret_header(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 8> secret{
        "authorization",  "proxy-authorization",       "api-key", "x-api-key",
        "x-goog-api-key", "ocp-apim-subscription-key", "cookie",  "set-cookie"};
    return std::ranges::any_of(
        secret, [name](std::string_view other) { return equals_ignoring_case(name, other); });
}

bool is_secret(const Header& header, std::string_view key) noexcept {
    return is_secret_header(header.name) ||
           (!key.empty() && header.value.find(key) != std::string::npos);
}

std::string mask_quoted_header(std::string_view text, const std::vector<std::string>& names) {
    for (std::size_t at = 0; (at = text.find('[', at)) != std::string_view::npos;) {
        ++at;
        const auto name = text.substr(at, text.find(':', at) - at);
        const bool secret = std::ranges::any_of(
            names, [&](const std::string& other) { return equals_ignoring_case(name, other); });
        if (secret) return std::string(text.substr(0, at + name.size())) + ": " + std::string(mask);
    }
    return std::string(text);
}

std::string mask_header_lines(std::string_view lines) {
    std::string masked;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
        const std::string_view line = lines.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && is_secret_header(trim(line.substr(0, colon)))) {
            const std::size_t content_end = line.find_last_not_of("\r\n") + 1;
            masked.append(line.substr(0, colon)).append(": ").append(mask);
            masked.append(line.substr(content_end));
        } else {
            masked.append(line);
        }
        lines.remove_prefix(end);
    }
    return masked;
}

}  // namespace cloud_backend::detail
