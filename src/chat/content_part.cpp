#include "core/base64.hpp"

#include <cloud_backend/content_part.hpp>
#include <cloud_backend/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace cloud_backend {

namespace {

/// A format that is told by its first bytes, and by others further on.
struct Format {
    std::string_view name;
    std::string_view first;
    std::string_view then = {};
    std::size_t then_at = 0;

    [[nodiscard]] bool matches(std::string_view bytes) const {
        return bytes.starts_with(first) &&
               (then.empty() ||
                (bytes.size() > then_at && bytes.substr(then_at).starts_with(then)));
    }
};

constexpr Format image_formats[] = {
    {"image/png", "\x89PNG\r\n\x1A\n"},
    {"image/jpeg", "\xFF\xD8\xFF"},
    {"image/gif", "GIF8"},
    {"image/webp", "RIFF", "WEBP", 8},
};

constexpr Format sound_formats[] = {
    {"wav", "RIFF", "WAVE", 8}, {"mp3", "ID3"},      {"mp3", "\xFF\xFB"},
    {"mp3", "\xFF\xFA"},        {"mp3", "\xFF\xF3"}, {"mp3", "\xFF\xF2"},
};

constexpr const char* an_image = "a PNG, JPEG, GIF or WebP image";
constexpr const char* a_sound = "a WAV or MP3 sound";
constexpr const char* a_document = "a PDF document";

constexpr Format document_formats[] = {{"application/pdf", "%PDF-"}};

const Format* find_format(std::string_view bytes, std::span<const Format> formats) {
    const auto found =
        std::ranges::find_if(formats, [&](const Format& format) { return format.matches(bytes); });
    return found == formats.end() ? nullptr : &*found;
}

std::string_view format_of(std::string_view bytes, std::span<const Format> formats,
                           const char* wanted) {
    const Format* const format = find_format(bytes, formats);
    if (format == nullptr) throw ConfigError(std::string("not ") + wanted);
    return format->name;
}

std::string data_url(std::string_view media_type, std::string_view bytes) {
    return "data:" + std::string(media_type) + ";base64," + detail::base64(bytes);
}

/// The bytes of a file of one of the formats. What is of none is not read to its end.
std::string read_file(const std::string& path, std::span<const Format> formats,
                      const char* wanted) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string bytes;
    std::array<char, 65'536> piece{};
    do {
        file.read(piece.data(), piece.size());
        bytes.append(piece.data(), static_cast<std::size_t>(file.gcount()));
        // Of a folder only reading shows that it is none.
        if (file.bad() || !file.is_open()) {
            throw ConfigError(
                path + ": " +
                (errno == 0 ? "it cannot be read" : std::generic_category().message(errno)));
        }
        if (find_format(bytes, formats) == nullptr) throw ConfigError(path + ": not " + wanted);
    } while (file);
    return bytes;
}

}  // namespace

ImagePart ImagePart::from_file(const std::string& path) {
    return from_bytes(read_file(path, image_formats, an_image));
}

ImagePart ImagePart::from_bytes(std::string_view image) {
    const auto type = format_of(image, image_formats, an_image);
    return {.url = data_url(type, image)};
}

AudioPart AudioPart::from_file(const std::string& path) {
    return from_bytes(read_file(path, sound_formats, a_sound));
}

AudioPart AudioPart::from_bytes(std::string_view sound) {
    const auto format = format_of(sound, sound_formats, a_sound);
    return {.data = detail::base64(sound), .format = std::string(format)};
}

FilePart FilePart::from_file(const std::string& path) {
    return from_bytes(read_file(path, document_formats, a_document),
                      std::filesystem::path(path).filename().string());
}

FilePart FilePart::from_bytes(std::string_view document, std::string filename) {
    const auto type = format_of(document, document_formats, a_document);
    return {.filename = std::move(filename), .file_data = data_url(type, document)};
}

}  // namespace cloud_backend
