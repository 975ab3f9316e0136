#include "random_answer.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

namespace {

using Json = nlohmann::json;

/// Text of several languages, JSON and line ends, in UTF-8.
std::string random_text(Random& random, std::size_t most_words) {
    using namespace std::string_view_literals;
    static constexpr std::array words{
        "a"sv,    "The"sv,          " "sv,   "é"sv,  "日本語"sv, "\xF0\x9F\x98\x80"sv,
        "\""sv,   "\\"sv,           "{"sv,   "}"sv,  "[]"sv,     "\n"sv,
        "\r\n"sv, "\xE2\x80\xA8"sv, ":"sv,   "\0"sv, "\x7F"sv,   "data: "sv,
        "\n\n"sv, "[DONE]"sv,       "null"sv};
    std::string text;
    for (auto count = 1 + pick(random, most_words); count > 0; --count) {
        text += any_of(random, words);
    }
    return text;
}

std::string random_arguments(Random& random) {
    if (one_in(random, 3)) return random_text(random, 6);  // Models write what is no JSON, too.
    return Json{{"x", random_text(random, 4)}, {"y", {{"z", {1, "]}"}}}}}.dump();
}

RawJson random_list(Random& random) {
    Json list = Json::array({pick(random, 10)});
    while (!one_in(random, 3)) list.push_back({{"text", random_text(random, 3)}});
    return list;
}

/// Unknown fields.
RawJson random_extra(Random& random) {
    Json fields = Json::object();
    if (one_in(random, 3)) fields["signature"] = random_text(random, 3);
    if (one_in(random, 3)) fields["weight"] = 1.5;
    if (one_in(random, 3)) fields["parts"] = random_list(random).parse();
    return fields.empty() ? RawJson() : RawJson(fields);
}

std::vector<ToolCall> random_tool_calls(Random& random) {
    static constexpr std::array names{"look_up", "f", "naïve"};
    std::vector<ToolCall> calls(one_in(random, 2) ? 0 : 1 + pick(random, 4));
    const bool with_ids = !one_in(random, 4);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (with_ids) calls[i].id = "call_" + std::to_string(i);
        if (one_in(random, 4)) calls[i].type = "custom";
        calls[i].name = any_of(random, names);
        calls[i].arguments = random_arguments(random);
        calls[i].function_extra = random_extra(random);
        calls[i].extra = random_extra(random);
    }
    return calls;
}

Choice random_choice(Random& random, int index) {
    static constexpr std::array reasons{"stop", "length", "tool_calls", "eos"};
    Choice choice{.index = index, .finish_reason = any_of(random, reasons)};
    Message& message = choice.message;
    if (one_in(random, 8)) message.role = Role::tool;
    if (!one_in(random, 3)) message.content = random_text(random, 20);
    if (one_in(random, 3)) message.reasoning = random_text(random, 10);
    if (one_in(random, 4)) message.refusal = random_text(random, 5);
    if (one_in(random, 4)) message.annotations = random_list(random);
    if (one_in(random, 4)) choice.logprobs = Json{{"content", random_list(random).parse()}};
    message.tool_calls = random_tool_calls(random);
    message.extra = random_extra(random);
    return choice;
}

Json json_of(std::int64_t prompt_tokens, std::int64_t completion_tokens) {
    return {{"prompt_tokens", prompt_tokens},
            {"completion_tokens", completion_tokens},
            {"total_tokens", prompt_tokens + completion_tokens}};
}

Usage random_usage(Random& random) {
    Usage usage;
    usage.prompt_tokens = static_cast<std::int64_t>(pick(random, 1'000));
    usage.completion_tokens = static_cast<std::int64_t>(pick(random, 1'000));
    usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
    usage.raw = json_of(usage.prompt_tokens, usage.completion_tokens);
    return usage;
}

}  // namespace

ChatCompletion random_answer(Random& random) {
    static constexpr std::array indexes{0, 1, 2, 5, 127};
    ChatCompletion answer{.id = "answer", .created = 1'700'000'000, .model = "model"};
    const bool one = one_in(random, 2);
    for (const int index : indexes) {
        if (index == 0 ? one || one_in(random, 2) : !one && one_in(random, 3)) {
            answer.choices.push_back(random_choice(random, index));
        }
    }
    if (answer.choices.empty()) answer.choices.push_back(random_choice(random, 1));
    if (one_in(random, 2)) answer.usage = random_usage(random);
    if (one_in(random, 3)) answer.service_tier = "default";
    if (one_in(random, 3)) answer.system_fingerprint = "fp";
    answer.extra = random_extra(random);
    return answer;
}

}  // namespace cloud_backend::test
