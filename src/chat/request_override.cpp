#include "chat/request_override.hpp"

#include "chat/json_splice.hpp"
#include "chat/object_writer.hpp"

#include <cloud_backend/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace cloud_backend::detail {

namespace {

/// What overrides a member of a passthrough request.
struct Override {
    std::string_view name;
    std::string value;
    bool add_if_missing;
    bool written = false;
};

}  // namespace

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

RequestedAnswer requested_answer(std::string_view body) {
    RequestedAnswer asked;
    for (const JsonMember& member : members_of(body)) {
        const std::string name = member.name();
        if (name != "n" && name != "model") continue;
        const auto value = nlohmann::json::parse(member.value);
        if (name == "model") {
            asked.model = value.is_string() ? value.get<std::string>() : std::string();
        } else if (value.is_number()) {
            constexpr double most = 128;  // A11
            asked.choices = static_cast<int>(std::clamp(value.get<double>(), 1.0, most));
        }
    }
    return asked;
}

RequestedAnswer requested_answer(const ChatRequest& request) {
    ObjectWriter object(request.extra, "");
    object.add("n", request.n);
    object.add_unless_empty("model", request.model);
    return requested_answer(object.finish());
}

}  // namespace cloud_backend::detail
