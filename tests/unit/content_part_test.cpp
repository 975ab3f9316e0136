#include "complaint.hpp"
#include "core/base64.hpp"

#include <cloud_backend/content_part.hpp>
#include <cloud_backend/error.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

// SPEC C1
namespace cloud_backend {
namespace {

using test::complaint_of;
using namespace std::literals;

/// A file that is there for one test.
class TemporaryFile {
public:
    TemporaryFile(const std::string& name, std::string_view bytes)
        : folder_(std::filesystem::path(testing::TempDir()) /
                  testing::UnitTest::GetInstance()->current_test_info()->name()),
          path_(folder_ / name) {
        std::filesystem::create_directories(folder_);
        std::ofstream(path_, std::ios::binary) << bytes;
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::string folder() const { return folder_.string(); }

private:
    std::filesystem::path folder_;
    std::filesystem::path path_;
};

TEST(Base64, IsThatOfTheStandard) {  // RFC 4648, 10
    EXPECT_EQ(detail::base64(""), "");
    EXPECT_EQ(detail::base64("f"), "Zg==");
    EXPECT_EQ(detail::base64("fo"), "Zm8=");
    EXPECT_EQ(detail::base64("foo"), "Zm9v");
    EXPECT_EQ(detail::base64("foob"), "Zm9vYg==");
    EXPECT_EQ(detail::base64("\xFB\xFF\xBF\0"sv), "+/+/AA==");
}

TEST(ContentPart, AnImageIsKnownByItsFirstBytes) {
    EXPECT_EQ(ImagePart::from_bytes("\x89PNG\r\n\x1A\n").url, "data:image/png;base64,iVBORw0KGgo=");
    EXPECT_EQ(ImagePart::from_bytes("\xFF\xD8\xFF\xE0").url, "data:image/jpeg;base64,/9j/4A==");
    EXPECT_TRUE(ImagePart::from_bytes("GIF89a").url.starts_with("data:image/gif;base64,"));
    EXPECT_TRUE(
        ImagePart::from_bytes("RIFF\x10\0\0\0WEBP"sv).url.starts_with("data:image/webp;base64,"));
}

TEST(ContentPart, ASoundIsKnownByItsFirstBytes) {
    EXPECT_EQ(AudioPart::from_bytes("RIFF\x10\0\0\0WAVE"sv).format, "wav");
    EXPECT_EQ(AudioPart::from_bytes("ID3\x04").format, "mp3");
    EXPECT_EQ(AudioPart::from_bytes("\xFF\xFB\x90").format, "mp3");
    EXPECT_EQ(AudioPart::from_bytes("\xFF\xFB\x90").data, "//uQ");
}

TEST(ContentPart, ADocumentKeepsItsName) {
    const auto part = FilePart::from_bytes("%PDF-1.7", "a.pdf");
    EXPECT_EQ(part.filename, "a.pdf");
    EXPECT_EQ(part.file_data, "data:application/pdf;base64,JVBERi0xLjc=");
}

TEST(ContentPart, OtherBytesAreRefused) {
    for (const auto bytes : {""sv, "x"sv, "RIFF"sv, "RIFF\x10\0\0\0"sv, "RIFF\x10\0\0\0AVI "sv,
                             "<svg/>"sv, "\x89PN"sv}) {
        EXPECT_EQ(complaint_of([&] { (void)ImagePart::from_bytes(bytes); }),
                  "not a PNG, JPEG, GIF or WebP image");
        EXPECT_EQ(complaint_of([&] { (void)AudioPart::from_bytes(bytes); }),
                  "not a WAV or MP3 sound");
        EXPECT_EQ(complaint_of([&] { (void)FilePart::from_bytes(bytes, "a"); }),
                  "not a PDF document");
    }
}

TEST(ContentPart, IsMadeFromAFile) {
    const TemporaryFile image("photo", "GIF89a\0\n\r\n"sv);
    EXPECT_EQ(ImagePart::from_file(image.path()).url,
              ImagePart::from_bytes("GIF89a\0\n\r\n"sv).url);
    const TemporaryFile document("a b.pdf", "%PDF-");
    EXPECT_EQ(FilePart::from_file(document.path()).filename, "a b.pdf");
    const TemporaryFile sound("x.wav", "ID3");
    EXPECT_EQ(AudioPart::from_file(sound.path()).format, "mp3");
}

TEST(ContentPart, AFileThatCannotBeTakenIsNamed) {
    const TemporaryFile text("notes.txt", "hello");
    const auto complaint = [](const std::string& path) {
        return complaint_of([&] { (void)ImagePart::from_file(path); });
    };
    EXPECT_EQ(complaint(text.path()), text.path() + ": not a PNG, JPEG, GIF or WebP image");
    EXPECT_EQ(complaint(text.folder() + "/none.png"),
              text.folder() + "/none.png: No such file or directory");
    EXPECT_EQ(complaint(text.folder()), text.folder() + ": Is a directory");
}

}  // namespace
}  // namespace cloud_backend
