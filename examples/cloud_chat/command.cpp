#include "command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace cloud_chat {

namespace {

struct CommandInfo {
    CommandName name;
    std::string_view text;
    std::string_view argument;
    std::string_view effect;
};

constexpr std::array<CommandInfo, 7> commands{{
    {CommandName::help, "/help", "", "this list"},
    {CommandName::model, "/model", "[NAME]", "ask another model, or say which is asked"},
    {CommandName::system, "/system", "[TEXT]",
     "tell the model something else beforehand, or say what"},
    {CommandName::save, "/save", "FILE",
     "write the conversation: messages to FILE.json, else Markdown"},
    {CommandName::retry, "/retry", "", "ask the last question again, in place of its answer"},
    {CommandName::clear, "/clear", "", "forget the conversation"},
    {CommandName::quit, "/quit", "", "leave, as Ctrl-D"},
}};

constexpr std::string_view white_space = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(white_space), text.size());
    const std::size_t end = text.find_last_not_of(white_space) + 1;
    return text.substr(begin, std::max(begin, end) - begin);
}

std::string_view common_start(std::string_view a, std::string_view b) {
    return {a.begin(), std::ranges::mismatch(a, b).in1};
}

}  // namespace

PromptLine parse_prompt_line(std::string_view line) {
    if (!line.starts_with('/')) return Question{std::string(line)};
    const std::string_view name = line.substr(0, line.find_first_of(white_space));
    const auto* const command = std::ranges::find(commands, name, &CommandInfo::text);
    if (command == commands.end()) return UnknownCommand{std::string(name)};
    return Command{.name = command->name,
                   .argument = std::string(trimmed(line.substr(name.size())))};
}

std::string completion_of(std::string_view begun) {
    std::optional<std::string> whole;
    if (!begun.starts_with('/')) return {};
    for (const CommandInfo& command : commands) {
        if (!command.text.starts_with(begun)) continue;
        whole = whole ? std::string(common_start(*whole, command.text))
                      : std::string(command.text) + ' ';
    }
    return whole ? whole->substr(begun.size()) : std::string();
}

std::string command_help() {
    std::string text;
    for (const CommandInfo& command : commands) {
        text += fmt::format("  {:<15}  {}\n", fmt::format("{} {}", command.text, command.argument),
                            command.effect);
    }
    text +=
        "A line that ends in a backslash goes on in the next one. A question that begins with a "
        "slash\nwants a space in front; what begins with a space is not kept in the history.\n";
    return text;
}

}  // namespace cloud_chat
