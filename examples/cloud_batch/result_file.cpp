#include "result_file.hpp"

#include "batch_result.hpp"
#include "line_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <utility>

namespace cloud_batch {

namespace {

int open_file(const std::string& path) try {
    constexpr mode_t permissions = 0666;  // Less what the user's umask takes.
    return checked(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, permissions),
                   path);
} catch (const std::system_error& error) {
    throw ResultFileError(error.what());
}

}  // namespace

ResultFile::ResultFile(std::string path) : path_(std::move(path)), file_(open_file(path_)) {
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return;
    if (errno == EWOULDBLOCK) throw ResultFileError(path_ + ": another run is writing it");
    checked(-1, path_);
}

void ResultFile::read(const std::function<void(std::string)>& tell) {
    LineReader lines(file_.get(), path_);
    for (size_ = 0; !lines.at_end();) {
        const auto line = lines.next_line();
        if (!line) {
            lines.read_more();
            continue;
        }
        std::string id = lines.is_torn() ? std::string() : custom_id_of(*line);
        if (lines.is_torn() ? !may_begin_result(*line) : id.empty()) {
            throw ResultFileError(
                fmt::format("{}: line {} is no result of a batch", path_, lines.line_number()));
        }
        if (lines.is_torn()) return cut_to(lines.line_offset());
        size_ = lines.line_offset() + line->size() + 1;
        tell(std::move(id));
    }
}

void ResultFile::clear() {
    cut_to(0);
}

void ResultFile::append(std::string_view line) {
    ssize_t written = 0;
    do {
        written = ::write(file_.get(), line.data(), line.size());
    } while (written < 0 && errno == EINTR);
    if (std::cmp_equal(written, line.size())) {
        size_ += line.size();
        return;
    }
    const int reason = written < 0 ? errno : ENOSPC;
    cut_to(size_);
    throw std::system_error(reason, std::generic_category(), path_);
}

void ResultFile::sync() const {
    checked(::fdatasync(file_.get()), path_);
}

void ResultFile::cut_to(std::uint64_t size) {
    checked(::ftruncate(file_.get(), static_cast<off_t>(size)), path_);
    size_ = size;
}

}  // namespace cloud_batch
