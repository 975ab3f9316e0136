#include "batch_request.hpp"

#include "json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cloud_batch {

namespace {

using nlohmann::json;

[[noreturn]] void refuse(std::uint64_t line, std::string_view problem) {
    throw InputError(fmt::format("line {}: {}", line, problem));
}

/// Empty when it is missing or no text.
std::string text_member(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t tokens_to_say(const json& body) {
    constexpr std::int64_t most = 1'000'000'000;
    for (const char* name : {"max_completion_tokens", "max_tokens"}) {
        const auto found = body.find(name);
        if (found == body.end() || !found->is_number_integer()) continue;
        return std::clamp(found->get<std::int64_t>(), std::int64_t{0}, most);
    }
    return 0;
}

}  // namespace

BatchRequest parse_request(std::string_view line, std::uint64_t number) {
    constexpr std::int64_t bytes_per_token = 4;
    constexpr const char* endpoint = "/v1/chat/completions";
    const json parsed = json::parse(line, nullptr, false);
    if (parsed.is_discarded()) refuse(number, "not JSON");
    if (!parsed.is_object()) refuse(number, "not a JSON object");
    BatchRequest request{.line = number, .custom_id = text_member(parsed, "custom_id")};
    if (request.custom_id.empty()) refuse(number, "no custom_id");
    if (text_member(parsed, "method") != "POST") refuse(number, "the method is not POST");
    if (text_member(parsed, "url") != endpoint) {
        refuse(number, fmt::format("the url is not {}", endpoint));
    }
    const auto body = parsed.find("body");
    if (body == parsed.end() || !body->is_object()) refuse(number, "the body is not an object");
    for_each_member(line, [&](std::string_view name, std::string_view value) {
        if (name == "body") request.body = value;
    });
    request.tokens =
        static_cast<std::int64_t>(request.body.size()) / bytes_per_token + tokens_to_say(*body);
    return request;
}

std::string without_model_and_stream(std::string_view body) {
    std::string rest;
    for_each_member(body, [&](std::string_view name, std::string_view value) {
        if (name == "model" || name == "stream" || name == "stream_options") return;
        rest += fmt::format("{}{}:{}", rest.empty() ? "" : ",", json_string(name), value);
    });
    return "{" + rest + "}";
}

std::string model_of(std::string_view body) {
    std::string model;
    for_each_member(body, [&](std::string_view name, std::string_view value) {
        if (name == "model" && value.starts_with('"')) model = json::parse(value);
    });
    return model;
}

}  // namespace cloud_batch
