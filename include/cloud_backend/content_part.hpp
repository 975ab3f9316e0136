#pragma once

#include <cloud_backend/export.hpp>
#include <cloud_backend/raw_json.hpp>

#include <string>
#include <string_view>
#include <variant>

// What a message holds besides its text (SPEC C1). `from_file` and `from_bytes` throw `ConfigError`
// when the file cannot be read or its bytes are not of a format the services take.
namespace cloud_backend {

/// Text among other parts.
struct TextPart {
    std::string text{};
};

/// An image, by its address or sent along.
struct CLOUD_BACKEND_EXPORT ImagePart {
    std::string url{};     ///< Of the web, or a `data:` URL that holds the image.
    std::string detail{};  ///< How closely to look: "low", "high"; empty leaves it to the server.

    /// A PNG, JPEG, GIF or WebP image, told by its first bytes. Throws `ConfigError` for anything
    /// else, and for a file that cannot be read.
    [[nodiscard]] static ImagePart from_file(const std::string& path);
    /// The same, of bytes in memory.
    [[nodiscard]] static ImagePart from_bytes(std::string_view image);
};

/// A sound, sent along.
struct CLOUD_BACKEND_EXPORT AudioPart {
    std::string data{};    ///< In base64.
    std::string format{};  ///< "wav" or "mp3".

    /// A WAV or MP3 sound, told by its first bytes. Throws as `ImagePart::from_file` does.
    [[nodiscard]] static AudioPart from_file(const std::string& path);
    /// The same, of bytes in memory.
    [[nodiscard]] static AudioPart from_bytes(std::string_view sound);
};

/// A document: one the service has already, by its id, or one sent along.
struct CLOUD_BACKEND_EXPORT FilePart {
    std::string file_id{};
    std::string filename{};
    std::string file_data{};  ///< A `data:` URL.

    /// A PDF document, told by its first bytes; `filename` is the last part of the path. Throws as
    /// `ImagePart::from_file` does.
    [[nodiscard]] static FilePart from_file(const std::string& path);
    /// The same, of bytes in memory.
    [[nodiscard]] static FilePart from_bytes(std::string_view document, std::string filename);
};

/// `RawJson` is a part of any other kind, sent and received as it stands.
using ContentPart = std::variant<TextPart, ImagePart, AudioPart, FilePart, RawJson>;

}  // namespace cloud_backend
