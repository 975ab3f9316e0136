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
    std::string tool_result{};  ///< if it ends in one
};

Conversation read_messages(const Json& messages) {
    Conversation conversation;
    for (const Json& message : messages) {
        const std::string text = message.contains("content") ? text_of(message["content"]) : "";
        conversation.tokens += tokens_of(text).size();
        if (message.at("role") == "user") conversation.last_user_message = text;
        conversation.tool_result = message.at("role") == "tool" ? text : "";
    }
    return conversation;
}

struct Reply {
    std::string text{};
    Json tool_call{};  ///< null: it is the text
};

std::string last_word_of(std::string_view question) {
    const std::size_t end = question.find_last_not_of(" ?!.\n") + 1;
    const std::size_t space = question.substr(0, end).find_last_of(" \n");
    return std::string(question.substr(0, end).substr(space + 1));
}

Json call_of(const Json& function, const std::string& question, int number) {
    Json arguments = Json::object();
    const Json parameters = function.value("parameters", Json::object());
    for (const Json& name : parameters.value("required", Json::array())) {
        arguments[name.get<std::string>()] = last_word_of(question);
    }
    return {{"id", "call_" + std::to_string(number)},
            {"type", "function"},
            {"function", {{"name", function.at("name")}, {"arguments", arguments.dump()}}}};
}

Reply reply_of(const Json& request, const Conversation& conversation, int number) {
    const std::string& question = conversation.last_user_message;
    if (!conversation.tool_result.empty()) {
        return {.text = "The tool says: " + conversation.tool_result};
    }
    for (const Json& tool : request.value("tools", Json::array())) {
        if (tool.at("type") != "function") continue;
        return {.tool_call = call_of(tool.at("function"), question, number)};
    }
    return {.text = reply_to(question)};
}

Json usage_of(const Conversation& conversation, const Reply& reply) {
    const std::size_t said = tokens_of(reply.text).size() + (reply.tool_call.is_null() ? 0 : 1);
    return {{"prompt_tokens", conversation.tokens},
            {"completion_tokens", said},
            {"total_tokens", conversation.tokens + said}};
}

Answer plain(Json completion, const Reply& reply, const Json& usage) {
    Json message{{"role", "assistant"}, {"content", reply.text}, {"refusal", nullptr}};
    if (!reply.tool_call.is_null()) {
        message["content"] = nullptr;
        message["tool_calls"] = Json::array({reply.tool_call});
    }
    completion["choices"] =
        Json::array({{{"index", 0},
                      {"message", message},
                      {"logprobs", nullptr},
                      {"finish_reason", reply.tool_call.is_null() ? "stop" : "tool_calls"}}});
    completion["usage"] = usage;
    return Answer::json(200, completion.dump());
}

/// The call without its arguments first, then these in two pieces.
std::vector<Json> deltas_of(Json tool_call) {
    tool_call["index"] = 0;
    const std::string arguments = tool_call["function"]["arguments"];
    tool_call["function"]["arguments"] = "";
    std::vector<Json> deltas{{{"tool_calls", Json::array({tool_call})}}};
    for (const std::string& piece :
         {arguments.substr(0, arguments.size() / 2), arguments.substr(arguments.size() / 2)}) {
        const Json continued{{"index", 0}, {"function", {{"arguments", piece}}}};
        deltas.push_back({{"tool_calls", Json::array({continued})}});
    }
    return deltas;
}

Answer streamed(Json chunk, const Reply& reply, const Json* usage) {
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
    for (const std::string& token : tokens_of(reply.text)) add({{"content", token}}, nullptr);
    if (!reply.tool_call.is_null()) {
        for (const Json& delta : deltas_of(reply.tool_call)) add(delta, nullptr);
    }
    add(Json::object(), reply.tool_call.is_null() ? "stop" : "tool_calls");
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
    const Reply reply = reply_of(request, conversation, number);
    const Json usage = usage_of(conversation, reply);
    const Json frame{{"id", "chatcmpl-" + std::to_string(number)},
                     {"object", stream ? "chat.completion.chunk" : "chat.completion"},
                     {"created", std::chrono::duration_cast<std::chrono::seconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count()},
                     {"model", request.at("model")}};
    if (!stream) return plain(frame, reply, usage);
    const Json stream_options = request.value("stream_options", Json::object());
    const bool with_usage = stream_options.value("include_usage", false);
    return streamed(frame, reply, with_usage ? &usage : nullptr).pause_between(token_delay);
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
