#pragma once

#include "edited_terminal.hpp"
#include "input.hpp"
#include "input_history.hpp"

#include <histedit.h>

#include <memory>
#include <optional>
#include <string>

namespace cloud_chat {

/// Reads what is typed at the terminal, with the keys that libedit knows, a history, and Tab to
/// complete commands. Between calls the terminal is as it was found.
class LineEditor {
public:
    explicit LineEditor(const Interrupts& interrupts);

    /// One line, with those that a backslash at the end joins to it, without the last line end.
    /// What was typed before an interruption is forgotten, and empty are lines that Ctrl-D ends
    /// before the last.
    [[nodiscard]] Input next_input();

private:
    void bind_keys();
    [[nodiscard]] Input next_line();
    void remember(const std::string& text);
    [[nodiscard]] std::optional<char> next_byte();
    [[nodiscard]] Awaited await_key() const;
    void react_to(int signal);
    [[nodiscard]] bool next_character(wchar_t& character);

    // What libedit calls.
    [[nodiscard]] static LineEditor& of(EditLine* editor);
    static int read_character(EditLine* editor, wchar_t* character);
    static char* prompt(EditLine* editor);

    const Interrupts& interrupts_;
    InputHistory kept_;
    std::unique_ptr<History, void (*)(History*)> history_;
    std::unique_ptr<EditLine, void (*)(EditLine*)> editor_;
    std::optional<EditedTerminal> terminal_{};
    std::string prompt_{};
    bool interrupted_ = false;
};

}  // namespace cloud_chat
