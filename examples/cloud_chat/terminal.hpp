#pragma once

#include <string_view>

namespace cloud_chat {

/// Answers go to standard output. Throws std::system_error when it takes no more.
class AnswerOutput {
public:
    /// At once, so that tokens are seen as they come.
    void write(std::string_view text);
    /// Ends a line that was begun.
    void end_line();

private:
    bool in_line_ = false;
};

/// Everything else goes to standard error: a remark on how things go, and why something failed.
void remark(std::string_view text);
void complain(std::string_view text);
/// Where input is expected, and where it ended without a line end.
void show_prompt();
void end_prompt();

}  // namespace cloud_chat
