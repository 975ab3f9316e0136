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

[[nodiscard]] bool answers_go_to_terminal();

/// Everything else goes to standard error: a remark on how things go, why something failed, and
/// text as it is.
void remark(std::string_view text);
void complain(std::string_view text);
void tell(std::string_view text);

/// Whether standard error is a terminal on which text can be written over.
[[nodiscard]] bool can_show_status();
/// A line that what is told next replaces. Thread-safe, as all that goes to standard error.
void show_status(std::string_view text);
void erase_status();

/// While they live the terminal puts pasted text between marks, if it can.
class PasteMarks {
public:
    PasteMarks();
    ~PasteMarks();
    PasteMarks(const PasteMarks&) = delete;
    PasteMarks& operator=(const PasteMarks&) = delete;
};

}  // namespace cloud_chat
