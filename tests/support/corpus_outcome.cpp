#include "corpus_outcome.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <sstream>
#include <string_view>

namespace cloud_backend::test {

namespace {

using Json = nlohmann::json;

Json view_of(const Choice& choice) {
    Json tool_calls = Json::array();
    for (const auto& call : choice.message.tool_calls) {
        tool_calls.push_back({{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
    }
    return {{"index", choice.index},
            {"content", choice.message.content},
            {"reasoning", choice.message.reasoning},
            {"refusal", choice.message.refusal},
            {"tool_calls", tool_calls},
            {"finish_reason", choice.finish_reason}};
}

Json usage_view(std::int64_t prompt, std::int64_t completion, std::int64_t total) {
    return {{"prompt_tokens", prompt}, {"completion_tokens", completion}, {"total_tokens", total}};
}

Json view_of(const ChatCompletion& completion) {
    Json choices = Json::array();
    for (const auto& choice : completion.choices) choices.push_back(view_of(choice));
    Json usage;
    if (const auto& counted = completion.usage) {
        usage =
            usage_view(counted->prompt_tokens, counted->completion_tokens, counted->total_tokens);
    }
    return {
        {"id", completion.id}, {"model", completion.model}, {"choices", choices}, {"usage", usage}};
}

/// Null is empty here, and a number its digits.
Json as_text(const Json& value) {
    if (value.is_null()) return "";
    return value.is_string() ? value : Json(value.dump());
}

Json normalised_result(Json result) {
    result.erase("chunks");
    for (const char* key : {"id", "model"}) result[key] = as_text(result[key]);
    for (auto& choice : result["choices"]) {
        choice.erase("parts");
        choice["finish_reason"] = as_text(choice["finish_reason"]);
        for (auto& call : choice["tool_calls"]) call.erase("index");
    }
    return result;
}

Json normalised_error(const Json& error) {
    return {{"status", error.at("status")},
            {"type", as_text(error.at("type"))},
            {"code", as_text(error.at("code"))},
            {"message", as_text(error.at("message"))}};
}

// --- where SPEC wins -----------------------------------------------------------------------------

/// A6: usage counts wherever it stands, also in `x_groq`, where the record did not look.
void count_usage_of_groq(const CorpusCase& recorded, Json& outcome) {
    constexpr std::string_view field = "data: ";
    std::istringstream lines(recorded.body);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(field)) continue;
        const Json chunk = Json::parse(line.substr(field.size()), nullptr, false);
        const Json::json_pointer where("/x_groq/usage");
        if (!chunk.contains(where)) continue;
        const Json& usage = chunk[where];
        outcome["result"]["usage"] = usage_view(
            usage.at("prompt_tokens"), usage.at("completion_tokens"), usage.at("total_tokens"));
    }
}

/// E1: an error without a body is told by its status; the record has words of its decoder's.
void tell_status(const CorpusCase& recorded, Json& outcome) {
    outcome["error"]["message"] = "HTTP " + std::to_string(recorded.status);
}

struct Departure {
    std::string_view name;
    void (*apply)(const CorpusCase& recorded, Json& outcome);
};

constexpr std::array departures{
    Departure{"openinference/openinference-instrumentation-llama-index-openinference-llama_index-"
              "test_token_c-d762878a.stream0",
              count_usage_of_groq},
    Departure{"openllmetry/opentelemetry-instrumentation-groq-test_chat_tracing-"
              "test_chat_streaming_legacy.stream0",
              count_usage_of_groq},
    Departure{"ruby-openai/groq_llama3-8b-8192_streamed_chat.stream0", count_usage_of_groq},
    Departure{"ruby-openai/gpt-3_5-turbo_streamed_chat_with_error_response.error0", tell_status},
    Departure{"ruby-openai/mocks-gpt-3_5-turbo_streamed_chat_with_error_response.error0",
              tell_status},
};

const Departure* find_departure(const CorpusCase& recorded) {
    const auto* const found = std::ranges::find(departures, recorded.name, &Departure::name);
    return found == departures.end() ? nullptr : found;
}

// --- differences ---------------------------------------------------------------------------------

std::string text_of(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// What is around `position`, so that long texts show where they part.
std::string excerpt(const std::string& text, std::size_t position) {
    constexpr std::size_t before = 40;
    constexpr std::size_t length = 120;
    const std::size_t begin = position > before ? position - before : 0;
    return (begin > 0 ? "…" : "") + text.substr(begin, length) +
           (begin + length < text.size() ? "…" : "");
}

}  // namespace

Json outcome_of(const ChatCompletion& completion, std::size_t chunks) {
    return {{"chunks", chunks}, {"result", view_of(completion)}};
}

Json outcome_of(const ErrorDetails& error, std::size_t chunks) {
    return {{"chunks", chunks},
            {"error",
             {{"status", error.api.status},
              {"type", error.api.type},
              {"code", error.api.code},
              {"message", error.message}}},
            {"partial", view_of(error.partial ? *error.partial : ChatCompletion{})}};
}

Json recorded_outcome(const CorpusCase& recorded) {
    const Json& expected = recorded.expected;
    const bool ok = expected.at("ok");
    const Json& answer = expected.at(ok ? "result" : "partial");
    Json outcome{{"chunks", recorded.kind == "stream" ? answer.at("chunks") : Json(0)},
                 {ok ? "result" : "partial", normalised_result(answer)}};
    if (!ok) outcome["error"] = normalised_error(expected.at("error"));
    return outcome;
}

Json expected_outcome(const CorpusCase& recorded) {
    Json outcome = recorded_outcome(recorded);
    if (const auto* departure = find_departure(recorded)) departure->apply(recorded, outcome);
    return outcome;
}

bool departs_from_record(const CorpusCase& recorded) {
    return find_departure(recorded) != nullptr;
}

std::string first_difference(const Json& expected, const Json& actual) {
    if (expected == actual) return {};
    const Json change = Json::diff(expected, actual).at(0);
    const std::string operation = change.at("op");
    const std::string where = change.at("path");
    const std::string wanted =
        operation == "add" ? "nothing" : text_of(expected.at(Json::json_pointer(where)));
    const std::string found = operation == "remove" ? "nothing" : text_of(change.at("value"));
    const auto parting = std::ranges::mismatch(wanted, found).in1 - wanted.begin();
    const auto position = static_cast<std::size_t>(parting);
    return where + ": expected " + excerpt(wanted, position) + ", got " + excerpt(found, position);
}

}  // namespace cloud_backend::test
