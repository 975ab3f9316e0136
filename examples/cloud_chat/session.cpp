#include "session.hpp"

#include "terminal.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace cloud_chat {

namespace {

/// Empty when the user leaves.
std::optional<std::string> next_question(StandardInput& input) {
    // The first Ctrl-C may have been meant for an answer that was just over.
    bool interrupted_before = false;
    for (;;) {
        show_prompt();
        Input read = input.next_line();
        if (auto* line = std::get_if<std::string>(&read)) {
            if (!line->empty()) return std::move(*line);
            interrupted_before = false;
            continue;
        }
        end_prompt();
        if (interrupted_before || std::holds_alternative<EndOfInput>(read)) return std::nullopt;
        remark("Ctrl-C again, or Ctrl-D, leaves");
        interrupted_before = true;
    }
}

}  // namespace

void run_session(Conversation& conversation, StandardInput& input, Interrupts& interrupts) {
    while (auto question = next_question(input)) {
        const InterruptibleScope scope(interrupts);
        conversation.ask(*std::move(question), scope.token());
    }
}

}  // namespace cloud_chat
