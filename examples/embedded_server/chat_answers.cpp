#include "chat_answers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace embedded_server {
namespace {

using Json = nlohmann::ordered_json;

Answer error(int status, const std::string& message, const std::string& type) {
    const Json details{{"message", message}, {"type", type}, {"param", nullptr}, {"code", nullptr}};
    return Answer::json(status, Json{{"error", details}}.dump());
}

Answer invalid_request(int status, const std::string& message) {
    return error(status, message, "invalid_request_error");
}

/// A token is a word with the white space in front of it.
std::vector<std::string> tokens_of(std::string_view text) {
    std::vector<std::string> tokens;
    while (!text.empty()) {
        const std::size_t word = std::min(text.find_first_not_of(" \n"), text.size());
        const std::size_t end = std::min(text.find_first_of(" \n", word), text.size());
        tokens.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return tokens;
}

std::string text_of(const Json& content) {
    if (content.is_string()) return content.get<std::string>();
    std::string text;
    if (!content.is_array()) return text;
    for (const Json& part : content) text += part.value("text", "");
    return text;
}

struct Conversation {
    std::size_t tokens = 0;
    std::string last_user_message{};
};

Conversation read_messages(const Json& messages) {
    Conversation conversation;
    for (const Json& message : messages) {
        const std::string text = message.contains("content") ? text_of(message["content"]) : "";
        conversation.tokens += tokens_of(text).size();
        if (message.at("role") == "user") conversation.last_user_message = text;
    }
    return conversation;
}

Json usage_of(const Conversation& conversation, const std::vector<std::string>& reply) {
    return {{"prompt_tokens", conversation.tokens},
            {"completion_tokens", reply.size()},
            {"total_tokens", conversation.tokens + reply.size()}};
}

Answer plain(Json completion, const std::string& text, const Json& usage) {
    completion["choices"] =
        Json::array({{{"index", 0},
                      {"message", {{"role", "assistant"}, {"content", text}, {"refusal", nullptr}}},
                      {"logprobs", nullptr},
                      {"finish_reason", "stop"}}});
    completion["usage"] = usage;
    return Answer::json(200, completion.dump());
}

Answer streamed(Json chunk, const std::vector<std::string>& tokens, const Json* usage) {
    std::vector<std::string> events;
    if (usage != nullptr) chunk["usage"] = nullptr;
    const auto add = [&](Json delta, Json finish_reason) {
        chunk["choices"] = Json::array({{{"index", 0},
                                         {"delta", std::move(delta)},
                                         {"logprobs", nullptr},
                                         {"finish_reason", std::move(finish_reason)}}});
        events.push_back(chunk.dump());
    };
    add({{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}}, nullptr);
    for (const std::string& token : tokens) add({{"content", token}}, nullptr);
    add(Json::object(), "stop");
    if (usage != nullptr) {
        chunk["choices"] = Json::array();
        chunk["usage"] = *usage;
        events.push_back(chunk.dump());
    }
    events.emplace_back("[DONE]");
    return Answer::stream(events);
}

Answer chat_completion(const Json& request, int number, std::chrono::milliseconds token_delay) {
    const Conversation conversation = read_messages(request.at("messages"));
    const bool stream = request.value("stream", false);
    const std::string text = reply_to(conversation.last_user_message);
    const std::vector<std::string> tokens = tokens_of(text);
    const Json usage = usage_of(conversation, tokens);
    const Json frame{{"id", "chatcmpl-" + std::to_string(number)},
                     {"object", stream ? "chat.completion.chunk" : "chat.completion"},
                     {"created", std::chrono::duration_cast<std::chrono::seconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count()},
                     {"model", request.at("model")}};
    if (!stream) return plain(frame, text, usage);
    const Json stream_options = request.value("stream_options", Json::object());
    const bool with_usage = stream_options.value("include_usage", false);
    return streamed(frame, tokens, with_usage ? &usage : nullptr).pause_between(token_delay);
}

Answer answer(const Request& request, int number, const ChatServiceOptions& options) {
    if (request.method != "POST" || request.target != "/v1/chat/completions") {
        return invalid_request(404, "Invalid URL (" + request.method + " " + request.target + ")");
    }
    if (number == 1 && options.first_status != 200) {
        return error(options.first_status, "The server is overloaded. Please try again.",
                     "server_error");
    }
    try {
        return chat_completion(Json::parse(request.body), number, options.token_delay);
    } catch (const Json::parse_error&) {
        return invalid_request(400, "We could not parse the JSON body of your request.");
    } catch (const Json::exception&) {
        return invalid_request(400, "A model and messages, each with a role, are required.");
    }
}

}  // namespace

Handler chat_service(ChatServiceOptions options) {
    const auto requests = std::make_shared<std::atomic<int>>(0);
    return [=](const Request& request) { return answer(request, ++*requests, options); };
}

std::string reply_to(std::string_view user_message) {
    if (user_message == "ping") return "pong";
    if (user_message.empty()) return "Hello! How can I help you today?";
    return "You said \"" + std::string(user_message) + "\", and I am glad that you did.";
}

}  // namespace embedded_server
