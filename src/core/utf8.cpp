#include "core/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cloud_backend::detail {

namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

/// One step through a text: how many bytes belong together, and whether they are well-formed.
struct Sequence {
    std::size_t length = 0;
    bool valid = false;
};

struct Range {
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    [[nodiscard]] bool contains(std::uint8_t byte) const { return byte >= low && byte <= high; }
};

/// Which second byte may follow the lead: neither overlong forms nor surrogates nor beyond
/// U+10FFFF.
Range second_byte(std::uint8_t lead) {
    switch (lead) {
        case 0xE0:
            return {.low = 0xA0};
        case 0xED:
            return {.high = 0x9F};
        case 0xF0:
            return {.low = 0x90};
        case 0xF4:
            return {.high = 0x8F};
        default:
            return {};
    }
}

std::size_t length_by_lead(std::uint8_t lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    if (lead >= 0xF0 && lead <= 0xF4) return 4;
    return 0;
}

/// An ill-formed sequence is as long as what could still have become a valid one.
Sequence next_sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::size_t length = length_by_lead(byte(0));
    if (length == 0) return {.length = 1};
    for (std::size_t i = 1; i < length; ++i) {
        const Range allowed = i == 1 ? second_byte(byte(0)) : Range{};
        if (i == text.size() || !allowed.contains(byte(i))) return {.length = i};
    }
    return {.length = length, .valid = true};
}

/// Eight bytes at a time: most text is ASCII, and pictures in a request are nothing else.
std::size_t ascii_length(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;
    std::size_t length = 0;
    for (std::uint64_t word = 0; text.size() - length >= sizeof(word); length += sizeof(word)) {
        std::memcpy(&word, text.data() + length, sizeof(word));
        if ((word & high_bits) != 0) break;
    }
    while (length < text.size() && static_cast<std::uint8_t>(text[length]) < 0x80) ++length;
    return length;
}

/// The well-formed text at the front.
std::size_t valid_length(std::string_view text) {
    std::size_t length = 0;
    while (true) {
        length += ascii_length(text.substr(length));
        if (length == text.size()) return length;
        const Sequence sequence = next_sequence(text.substr(length));
        if (!sequence.valid) return length;
        length += sequence.length;
    }
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept {
    return valid_length(text) == text.size();
}

std::string repair_utf8(std::string_view text) {
    std::string repaired;
    repaired.reserve(text.size());
    while (true) {
        const std::size_t valid = valid_length(text);
        repaired += text.substr(0, valid);
        text.remove_prefix(valid);
        if (text.empty()) return repaired;
        repaired += replacement_character;
        text.remove_prefix(next_sequence(text).length);
    }
}

}  // namespace cloud_backend::detail
