#include "stored_gzip.hpp"

#include <cstddef>
#include <cstdint>

namespace cloud_backend::test {

namespace {

std::uint32_t crc32(std::string_view text) {
    constexpr std::uint32_t reversed_polynomial = 0xEDB88320;
    std::uint32_t crc = ~std::uint32_t{0};
    for (const char c : text) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? reversed_polynomial : 0);
        }
    }
    return ~crc;
}

void append_little_endian(std::string& bytes, std::size_t value, int size) {
    for (int i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFF);
}

/// RFC 1951, 3.2.4
void append_stored_block(std::string& bytes, std::string_view text, bool last) {
    bytes += last ? '\1' : '\0';
    append_little_endian(bytes, text.size(), 2);
    append_little_endian(bytes, ~text.size(), 2);
    bytes += text;
}

}  // namespace

std::string stored_gzip(std::string_view text) {
    constexpr std::size_t largest_block = 0xFFFF;
    constexpr std::string_view header("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    std::string bytes(header);
    std::string_view rest = text;
    do {
        const auto block = rest.substr(0, largest_block);
        rest.remove_prefix(block.size());
        append_stored_block(bytes, block, rest.empty());
    } while (!rest.empty());
    append_little_endian(bytes, crc32(text), 4);
    append_little_endian(bytes, text.size(), 4);
    return bytes;
}

}  // namespace cloud_backend::test
