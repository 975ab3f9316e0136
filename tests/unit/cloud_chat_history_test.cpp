#include "../support/temporary_directory.hpp"

#include <cloud_chat/input_history.hpp>
#include <cloud_chat/transcript_file.hpp>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace cloud_chat {
namespace {

using cloud_backend::test::TemporaryDirectory;

/// While it lives, a file of this process can have no more than `size` bytes, as on a full disk.
class FullDisk {
public:
    explicit FullDisk(rlim_t size) {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{.rlim_cur = size, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, SIG_DFL);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit before_{};
};

std::size_t lines_in(const std::string& path) {
    std::ifstream stream(path);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

mode_t mode_of(const std::string& path) {
    struct stat found {};
    ::stat(path.c_str(), &found);
    return found.st_mode & 0777U;
}

class HistoryFile : public testing::Test {
protected:
    void fill(int entries) const {
        std::ofstream stream(file);
        for (int i = 0; i < entries; ++i) stream << "question " << i << '\n';
    }

    const TemporaryDirectory directory;
    const std::string file = directory.file("history");
};

TEST_F(HistoryFile, IsCutToWhatIsKept) {
    fill(1'200);
    EXPECT_EQ(InputHistory(file).entries().size(), InputHistory::max_size);
    EXPECT_EQ(lines_in(file), InputHistory::max_size);
    EXPECT_EQ(mode_of(file), 0600U);
}

TEST_F(HistoryFile, IsNotLostOnAFullDisk) {
    fill(1'200);
    {
        const FullDisk disk(100);
        EXPECT_EQ(InputHistory(file).entries().size(), InputHistory::max_size);
    }
    EXPECT_EQ(lines_in(file), 1'200U);
}

TEST(TranscriptFile, IsItsOwnersAlone) {
    const TemporaryDirectory directory;
    save_transcript(directory.file("talk.md"), {.exchanges = {{.question = "ping"}}});
    EXPECT_EQ(mode_of(directory.file("talk.md")), 0600U);
}

TEST(TranscriptFile, ThatCannotBeWrittenWholeIsNotThere) {
    const TemporaryDirectory directory;
    const Dialogue dialogue{.exchanges = {{.question = std::string(10'000, 'x')}}};
    {
        const FullDisk disk(100);
        EXPECT_THROW(save_transcript(directory.file("talk.md"), dialogue), std::system_error);
    }
    EXPECT_NO_THROW(save_transcript(directory.file("talk.md"), dialogue));
}

}  // namespace
}  // namespace cloud_chat
