#include "core/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace cloud_backend::detail {

std::string base64(std::string_view bytes) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view group = bytes.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            const bool padding = i > group.size();
            text += padding ? '=' : alphabet[bits >> (18 - 6 * i) & 63U];
        }
    }
    return text;
}

}  // namespace cloud_backend::detail
