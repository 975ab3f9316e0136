#include <cloud_backend/chat.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/error.hpp>

#include <utility>

namespace cloud_backend {

namespace {

Message make_message(Role role, std::string content) {
    Message message;
    message.role = role;
    message.content = std::move(content);
    return message;
}

}  // namespace

Message Message::developer(std::string content) {
    return make_message(Role::developer, std::move(content));
}

Message Message::system(std::string content) {
    return make_message(Role::system, std::move(content));
}

Message Message::user(std::string content) {
    return make_message(Role::user, std::move(content));
}

Message Message::assistant(std::string content) {
    return make_message(Role::assistant, std::move(content));
}

Message Message::tool(std::string tool_call_id, std::string content) {
    Message message = make_message(Role::tool, std::move(content));
    message.tool_call_id = std::move(tool_call_id);
    return message;
}

std::string_view ChatChunk::content() const noexcept {
    return choices.empty() ? std::string_view() : choices.front().delta.content;
}

std::string_view ChatChunk::reasoning() const noexcept {
    return choices.empty() ? std::string_view() : choices.front().delta.reasoning;
}

std::string_view ChatChunk::finish_reason() const noexcept {
    return choices.empty() ? std::string_view() : choices.front().finish_reason;
}

std::string_view ChatCompletion::content() const noexcept {
    return choices.empty() ? std::string_view() : choices.front().message.content;
}

std::string_view ChatCompletion::reasoning() const noexcept {
    return choices.empty() ? std::string_view() : choices.front().message.reasoning;
}

std::string_view ChatCompletion::finish_reason() const noexcept {
    return choices.empty() ? std::string_view() : choices.front().finish_reason;
}

void ChunkCallback::throw_empty() {
    throw ConfigError("the chunk callback is empty");
}

ChatBackend::~ChatBackend() = default;

}  // namespace cloud_backend
