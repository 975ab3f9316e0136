#include "chat/request_json.hpp"

#include "chat/anthropic_content.hpp"
#include "chat/json_splice.hpp"
#include "chat/object_writer.hpp"

#include <cloud_backend/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace cloud_backend::detail {

namespace {

const char* name_of(Role role) {
    switch (role) {
        case Role::developer:
            return "developer";
        case Role::system:
            return "system";
        case Role::user:
            return "user";
        case Role::assistant:
            return "assistant";
        case Role::tool:
            return "tool";
    }
    return "user";
}

std::string tool_call_json(const ToolCall& call, const std::string& where) {
    const bool custom = call.type == "custom";
    const std::string kind = custom ? "custom" : "function";
    ObjectWriter called({}, where + "." + kind + ".");
    called.add("name", call.name);
    called.add(custom ? "input" : "arguments", call.arguments);
    ObjectWriter object(call.extra, where + ".");
    object.add_unless_empty("id", call.id);
    object.add("type", call.type);
    object.add_json(kind, called.finish());
    return object.finish();
}

std::string message_json(const Message& message, const std::string& where) {
    ObjectWriter object(message.extra, where + ".");
    object.leave_out(anthropic_content);  // Strict servers refuse what they do not know.
    object.add("role", std::string(name_of(message.role)));
    const bool only_calls = message.content.empty() && !message.tool_calls.empty();
    if (only_calls) {
        object.add_json("content", "null");
    } else {
        object.add("content", message.content);
    }
    object.add_unless_empty("name", message.name);
    object.add_unless_empty("refusal", message.refusal);
    if (!message.tool_calls.empty()) {
        object.add_json("tool_calls", array_of(message.tool_calls, [&](const auto& call, auto i) {
                            return tool_call_json(call, at(where + ".tool_calls", i));
                        }));
    }
    object.add_unless_empty("tool_call_id", message.tool_call_id);
    return object.finish();
}

/// What overrides a member of a passthrough request.
struct Override {
    std::string_view name;
    std::string value;
    bool add_if_missing;
    bool written = false;
};

}  // namespace

std::string to_json(const ChatRequest& request, Delivery delivery) {
    ObjectWriter object(request.extra, "");
    if (object.has_extra("stream")) {  // T11
        throw ConfigError("extra contains \"stream\": the way of calling decides it");
    }
    object.add_unless_empty("model", request.model);
    object.add_json("messages", array_of(request.messages, [](const auto& message, auto i) {
                        return message_json(message, at("messages", i));
                    }));
    object.add("max_tokens", request.max_tokens);
    object.add("max_completion_tokens", request.max_completion_tokens);
    object.add("temperature", request.temperature);
    object.add("top_p", request.top_p);
    object.add("n", request.n);
    if (!request.stop.empty()) object.add_json("stop", array_of_texts(request.stop, "stop"));
    object.add("seed", request.seed);
    if (delivery == Delivery::streamed) {
        object.add_json("stream", "true");
        if (const auto& options = request.stream_options) {
            object.add_json("stream_options", options->include_usage
                                                  ? R"({"include_usage":true})"
                                                  : R"({"include_usage":false})");
        }
    }
    return object.finish();
}

std::string override_request(std::string_view body, std::string_view model, Delivery delivery) {
    if (!is_json_object(body)) throw ConfigError("the request is not a JSON object in UTF-8");
    const bool streamed = delivery == Delivery::streamed;
    std::vector<Override> overrides{{"stream", streamed ? "true" : "false", streamed}};
    if (!model.empty()) overrides.push_back({"model", text_of(std::string(model), "model"), true});

    std::string result;
    const char* copied = body.data();
    const auto copy_until = [&](const char* end) {
        result.append(copied, end);
        copied = end;
    };
    const auto members = members_of(body);
    const char* previous_end = nullptr;
    for (const JsonMember& member : members) {
        const char* const end = member.value.data() + member.value.size();
        const auto found = std::ranges::find(overrides, member.name(), &Override::name);
        if (found != overrides.end()) {
            const bool duplicate = std::exchange(found->written, true);
            copy_until(duplicate ? previous_end : member.value.data());  // Its comma goes too.
            if (!duplicate) result += found->value;
            copied = end;
        }
        previous_end = end;
    }
    copy_until(body.data() + body.rfind('}'));
    bool first = members.empty();
    for (const Override& missing : overrides) {
        if (missing.written || !missing.add_if_missing) continue;
        if (!std::exchange(first, false)) result += ',';
        result.append("\"").append(missing.name).append("\":").append(missing.value);
    }
    copy_until(body.data() + body.size());
    return result;
}

int requested_choices(std::string_view body) {
    if (!is_json_object(body)) return 1;
    int choices = 1;
    for (const JsonMember& member : members_of(body)) {
        if (member.name() != "n") continue;
        const auto n = nlohmann::json::parse(member.value);
        if (!n.is_number()) continue;
        constexpr double most = 128;  // A11
        choices = static_cast<int>(std::clamp(n.get<double>(), 1.0, most));
    }
    return choices;
}

}  // namespace cloud_backend::detail
