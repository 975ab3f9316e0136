#include <cloud_backend/message.hpp>

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

Message Message::user(std::string content, std::vector<ContentPart> parts) {
    Message message = user(std::move(content));
    message.parts = std::move(parts);
    return message;
}

Message Message::assistant(std::string content) {
    return make_message(Role::assistant, std::move(content));
}

Message Message::tool(std::string tool_call_id, std::string content) {
    Message message = make_message(Role::tool, std::move(content));
    message.tool_call_id = std::move(tool_call_id);
    return message;
}

}  // namespace cloud_backend
