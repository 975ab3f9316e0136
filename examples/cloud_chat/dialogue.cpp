#include "dialogue.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string_view>

namespace cloud_chat {

namespace {

using cloud_backend::Message;
using cloud_backend::Role;

std::string_view text_of(const Message& message) {
    return message.content.empty() ? message.refusal : message.content;
}

std::string_view role_name(Role role) {
    if (role == Role::system) return "system";
    return role == Role::assistant ? "assistant" : "user";
}

}  // namespace

std::vector<Message> messages_of(const Dialogue& dialogue) {
    std::vector<Message> messages;
    if (!dialogue.system.empty()) messages.push_back(Message::system(dialogue.system));
    for (const Exchange& exchange : dialogue.exchanges) {
        messages.push_back(Message::user(exchange.question));
        if (exchange.answer) messages.push_back(exchange.answer->message);
    }
    return messages;
}

std::string markdown_of(const Dialogue& dialogue) {
    std::string text;
    const auto add = [&text](std::string_view title, std::string_view said) {
        text += fmt::format("{}## {}\n\n{}\n", text.empty() ? "" : "\n", title, said);
    };
    if (!dialogue.system.empty()) add("System", dialogue.system);
    for (const Exchange& exchange : dialogue.exchanges) {
        add("User", exchange.question);
        if (!exchange.answer) continue;
        add(fmt::format("Assistant ({})", exchange.answer->model),
            text_of(exchange.answer->message));
    }
    return text;
}

std::string json_of(const Dialogue& dialogue) {
    using Json = nlohmann::ordered_json;
    Json messages = Json::array();
    for (const Message& message : messages_of(dialogue)) {
        messages.push_back({{"role", role_name(message.role)}, {"content", text_of(message)}});
    }
    return messages.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cloud_chat
