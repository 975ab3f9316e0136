#pragma once

#include "real_server_process.hpp"
#include "temporary_directory.hpp"

#include <cstddef>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

/// A terminal as people have one, by a tmux of the test's own; `require_programs({"tmux"})` first.
class TmuxTerminal {
public:
    /// With a shell that runs `script`, which Ctrl-C does not end. It stays when the script has
    /// ended.
    explicit TmuxTerminal(const std::string& script);

    void type(const std::string& text) { run({"send-keys", "-l", "--", text}); }
    /// By tmux's names: Enter, Up, C-c.
    void press(const std::string& key) { run({"send-keys", key}); }
    void paste(const std::string& text);
    /// Until programs in it see this width. Throws when they do not.
    void resize(std::size_t width);

    /// What is seen, without white space at the ends of lines.
    [[nodiscard]] std::string screen() { return run({"capture-pane", "-p"}); }
    /// Until it is seen.
    [[nodiscard]] bool shows(std::string_view text);
    [[nodiscard]] bool shows_match(const std::regex& pattern);
    /// Until it is the end of what is seen.
    [[nodiscard]] bool ends_in(std::string_view text);

private:
    /// What a command of tmux prints. Throws when it fails.
    std::string run(const std::vector<std::string>& command);

    TemporaryDirectory directory_{};
    ChildProcess server_;
};

}  // namespace cloud_backend::test
