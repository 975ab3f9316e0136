#include "session.hpp"

#include "command.hpp"
#include "line_editor.hpp"
#include "terminal.hpp"
#include "transcript_file.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace cloud_chat {

namespace {

/// Empty when the user leaves.
std::optional<std::string> next_text(LineEditor& editor) {
    // The first Ctrl-C may have been meant for an answer that was just over.
    bool interrupted_before = false;
    for (;;) {
        Input read = editor.next_input();
        if (auto* text = std::get_if<std::string>(&read)) {
            if (text->find_first_not_of(" \t\r\n") != std::string::npos) return std::move(*text);
            interrupted_before = false;
            continue;
        }
        tell("\n");
        if (interrupted_before || std::holds_alternative<EndOfInput>(read)) return std::nullopt;
        remark("Ctrl-C again, or Ctrl-D, leaves");
        interrupted_before = true;
    }
}

void save(const Dialogue& dialogue, const std::string& path) {
    if (path.empty()) return complain("/save wants the name of a file");
    try {
        save_transcript(path, dialogue);
        remark(fmt::format("saved as {}", path));
    } catch (const std::system_error& error) {
        if (error.code() != std::errc::file_exists) return complain(error.what());
        complain(fmt::format("{} is there, and stays as it is; try /save {}", path,
                             free_name_like(path)));
    }
}

/// What a line at the prompt does; false ends the session.
class Reaction {
public:
    Reaction(Conversation& conversation, Interrupts& interrupts)
        : conversation_(conversation), interrupts_(interrupts) {}

    bool operator()(Question question) const {
        const InterruptibleScope scope(interrupts_);
        conversation_.ask(std::move(question.text), scope.token());
        return true;
    }

    bool operator()(const UnknownCommand& command) const {
        complain(fmt::format(
            "there is no command {}; /help lists them, a question wants a space in front of its /",
            command.name));
        return true;
    }

    bool operator()(Command command) const {
        switch (command.name) {
            case CommandName::help:
                tell(command_help());
                break;
            case CommandName::model:
                if (!command.argument.empty()) conversation_.set_model(std::move(command.argument));
                remark("model: " + conversation_.model());
                break;
            case CommandName::system:
                if (!command.argument.empty())
                    conversation_.set_system(std::move(command.argument));
                remark("system: " + conversation_.dialogue().system);
                break;
            case CommandName::save:
                save(conversation_.dialogue(), command.argument);
                break;
            case CommandName::retry: {
                const InterruptibleScope scope(interrupts_);
                conversation_.retry(scope.token());
                break;
            }
            case CommandName::clear:
                conversation_.forget();
                remark("the conversation is forgotten");
                break;
            case CommandName::quit:
                return false;
        }
        return true;
    }

private:
    Conversation& conversation_;
    Interrupts& interrupts_;
};

}  // namespace

void run_session(Conversation& conversation, Interrupts& interrupts) {
    LineEditor editor(interrupts);
    const Reaction react(conversation, interrupts);
    while (const auto text = next_text(editor)) {
        if (!std::visit(react, parse_prompt_line(*text))) return;
    }
}

}  // namespace cloud_chat
