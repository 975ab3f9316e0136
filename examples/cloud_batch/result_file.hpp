#pragma once

#include "descriptor.hpp"

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cloud_batch {

/// A file that must not be written; `what()` says why.
struct ResultFileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A file of results, and the journal of what is settled: whatever ends the program, each line in
/// it is whole but perhaps the last. While it is open no other run can open it.
class ResultFile {
public:
    /// Opens the file, or makes it. Throws ResultFileError if it cannot be had, or another run has
    /// it.
    explicit ResultFile(std::string path);

    /// Tells the `custom_id` of each line in it, and cuts off a last one that is torn. Throws
    /// ResultFileError, with nothing changed, for what no run has written.
    void read(const std::function<void(std::string)>& tell);
    void clear();

    /// One write of a whole line. Throws std::system_error when it is not taken; nothing of it is
    /// left in the file then.
    void append(std::string_view line);
    /// What was appended survives a loss of power.
    void sync() const;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    void cut_to(std::uint64_t size);

    std::string path_;
    Descriptor file_;
    std::uint64_t size_ = 0;
};

}  // namespace cloud_batch
