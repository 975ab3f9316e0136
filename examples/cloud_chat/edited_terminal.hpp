#pragma once

#include "held_signals.hpp"
#include "terminal.hpp"

#include <histedit.h>

namespace cloud_chat {

/// While it lives the terminal gives each key to the editor, and whoever else may use it next finds
/// it as it was: signals wait that would leave it to them.
class EditedTerminal {
public:
    /// libedit itself takes the terminal only after the prompt, too late for what is typed at its
    /// sight.
    explicit EditedTerminal(EditLine* editor) : editor_(editor) {
        el_set(editor_, EL_PREP_TERM, 1);
    }
    ~EditedTerminal() { el_set(editor_, EL_PREP_TERM, 0); }
    EditedTerminal(const EditedTerminal&) = delete;
    EditedTerminal& operator=(const EditedTerminal&) = delete;

    [[nodiscard]] const HeldSignals& signals() const noexcept { return signals_; }

private:
    const HeldSignals signals_{};
    const PasteMarks marks_{};
    EditLine* editor_;
};

}  // namespace cloud_chat
