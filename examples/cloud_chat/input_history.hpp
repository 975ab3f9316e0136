#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_chat {

/// What was typed, oldest first, in a file that only its owner can read. Several programs may add
/// to it at once. A file that cannot be read or written is no reason to stop.
class InputHistory {
public:
    static constexpr std::size_t max_size = 1'000;

    /// Without a path nothing is kept beyond this process.
    explicit InputHistory(std::filesystem::path file);

    [[nodiscard]] const std::vector<std::string>& entries() const noexcept { return entries_; }
    /// False for what is not kept: what begins with a space, and what was said just before.
    bool add(const std::string& entry);

private:
    const std::filesystem::path file_;
    std::vector<std::string> entries_{};
};

/// Below $XDG_STATE_HOME, else ~/.local/state; empty without a home.
[[nodiscard]] std::filesystem::path history_file();

}  // namespace cloud_chat
