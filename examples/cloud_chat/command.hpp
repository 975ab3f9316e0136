#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace cloud_chat {

enum class CommandName { help, model, system, save, retry, clear, quit };

/// What a line at the prompt is.
struct Command {
    CommandName name{};
    std::string argument{};  ///< Without white space around it.
};
struct UnknownCommand {
    std::string name{};
};
struct Question {
    std::string text{};
};
using PromptLine = std::variant<Question, Command, UnknownCommand>;

/// A line that begins with a slash is a command.
[[nodiscard]] PromptLine parse_prompt_line(std::string_view line);

/// What can be added to the begun name of a command without a doubt; a space behind a whole one.
[[nodiscard]] std::string completion_of(std::string_view begun);

/// A line for each command.
[[nodiscard]] std::string command_help();

}  // namespace cloud_chat
