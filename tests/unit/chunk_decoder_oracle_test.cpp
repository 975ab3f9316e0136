#include "chat/chunk_decoder.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Random chunks, read by the decoder and by a plain reading of SPEC 9 on another JSON library.
namespace cloud_backend::detail {

namespace {

using Json = nlohmann::json;

// --- the oracle: a chunk's JSON as what a ChatChunk should hold, or null when it is malformed ----

std::string text(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t integer(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return 0;
    return found->get<std::int64_t>();
}

Json member(const Json& object, const char* key) {
    return object.is_object() && object.contains(key) ? object[key] : Json();
}

Json unknown(const Json& object, const std::vector<std::string>& known) {
    Json rest;
    for (const auto& [key, value] : object.items()) {
        const bool is_known = std::find(known.begin(), known.end(), key) != known.end();
        if (!is_known && !value.is_null()) rest[key] = value;
    }
    return rest;
}

Json non_negative(const Json& value) {
    if (!value.is_number_integer() || value > std::numeric_limits<int>::max() || value < 0)
        return {};
    return value;
}

Json expected_tool_call(const Json& call) {
    const Json function = member(call, "function");
    const Json arguments = member(function, "arguments");
    return {
        {"index", non_negative(member(call, "index"))},
        {"id", text(call, "id")},
        {"type", text(call, "type")},
        {"name", function.is_object() ? text(function, "name") : ""},
        {"arguments", arguments.is_structured() || arguments.is_string() ? arguments : Json("")},
        {"function_extra",
         function.is_object() ? unknown(function, {"name", "arguments"}) : Json()},
        {"extra", unknown(call, {"index", "id", "type", "function"})}};
}

struct ExpectedContent {
    std::string said{};
    std::string thought{};
    Json parts = Json::array();
};

ExpectedContent expected_content(const Json& content) {
    ExpectedContent expected;
    if (content.is_string()) expected.said = content;
    if (!content.is_array()) return expected;
    for (const auto& part : content) {
        if (part.is_string()) expected.said += part.get<std::string>();
        if (!part.is_object()) continue;
        const auto type = text(part, "type");
        if (type == "text" || type.empty()) {
            expected.said += text(part, "text");
        } else if (type != "thinking") {
            expected.parts.push_back(part);
        }
        const auto thinking = type == "thinking" ? member(part, "thinking") : Json();
        if (thinking.is_string()) expected.thought += thinking.get<std::string>();
        if (!thinking.is_array()) continue;
        for (const auto& piece : thinking) {
            if (piece.is_string()) expected.thought += piece.get<std::string>();
            if (piece.is_object()) expected.thought += text(piece, "text");
        }
    }
    return expected;
}

/// Null, or as it is.
Json expected_audio(const Json& delta) {
    const Json audio = member(delta, "audio");
    if (!audio.is_object()) return {};
    return {{"id", text(audio, "id")},
            {"data", text(audio, "data")},
            {"transcript", text(audio, "transcript")},
            {"expires_at", integer(audio, "expires_at")}};
}

Json expected_delta(const Json& delta) {
    const auto content = expected_content(member(delta, "content"));
    auto reasoning = text(delta, "reasoning_content");
    if (reasoning.empty()) reasoning = text(delta, "reasoning");
    if (reasoning.empty()) reasoning = content.thought;
    Json tool_calls = Json::array();
    const Json calls = member(delta, "tool_calls");
    if (calls.is_array()) {
        for (const auto& call : calls) {
            if (call.is_object()) tool_calls.push_back(expected_tool_call(call));
        }
    }
    std::vector<std::string> known{"content", "role", "refusal", "tool_calls", "annotations"};
    for (const auto* key : {"reasoning", "reasoning_content"}) {
        if (member(delta, key).is_string()) known.emplace_back(key);
    }
    if (member(delta, "audio").is_object()) known.emplace_back("audio");
    const Json annotations = member(delta, "annotations");
    const auto role = text(delta, "role");
    return {{"role", role == "assistant" || role == "tool" ? Json(role) : Json()},
            {"content", content.said},
            {"parts", content.parts},
            {"audio", expected_audio(delta)},
            {"reasoning", reasoning},
            {"refusal", text(delta, "refusal")},
            {"tool_calls", tool_calls},
            {"annotations", annotations.is_array() && !annotations.empty() ? annotations : Json()},
            {"extra", unknown(delta, known)}};
}

std::optional<Json> expected_choice(const Json& choice) {
    const Json index = member(choice, "index");
    if (!index.is_null() && (!index.is_number_integer() || index < 0 || index > 127)) return {};
    const Json delta = member(choice, "delta");
    const Json logprobs = member(choice, "logprobs");
    return Json{{"index", index.is_null() ? Json(0) : index},
                {"finish_reason", text(choice, "finish_reason")},
                {"logprobs", logprobs.empty() ? Json() : logprobs},
                {"extra", unknown(choice, {"index", "finish_reason", "logprobs", "delta"})},
                {"delta", expected_delta(delta.is_object() ? delta : Json::object())}};
}

Json expected_usage(const Json& chunk) {
    const Json usage = member(chunk, "usage");
    if (!usage.is_object() || usage.empty()) return {};
    const Json details = member(usage, "prompt_tokens_details");
    return {{"prompt_tokens", integer(usage, "prompt_tokens")},
            {"completion_tokens", integer(usage, "completion_tokens")},
            {"total_tokens", integer(usage, "total_tokens")},
            {"cached_tokens", details.is_object() ? integer(details, "cached_tokens") : 0},
            {"raw", usage}};
}

Json expected_chunk(const Json& chunk) {
    Json choices = Json::array();
    const Json given = member(chunk, "choices");
    if (given.is_array()) {
        for (const auto& choice : given) {
            if (!choice.is_object()) continue;
            const auto read = expected_choice(choice);
            if (!read) return {};
            choices.push_back(*read);
        }
    }
    return {{"id", text(chunk, "id")},
            {"created", integer(chunk, "created")},
            {"model", text(chunk, "model")},
            {"service_tier", text(chunk, "service_tier")},
            {"choices", choices},
            {"usage", expected_usage(chunk)},
            {"extra", unknown(chunk, {"id", "object", "created", "model", "choices", "usage",
                                      "service_tier", "system_fingerprint"})}};
}

// --- a ChatChunk in the same form ----------------------------------------------------------------

Json actual_tool_call(const ToolCallDelta& call, const Json& expected) {
    // Arguments that came as JSON are compared as such: the order of members is free.
    const bool as_json = expected["arguments"].is_structured();
    return {{"index", call.index ? Json(*call.index) : Json()},
            {"id", call.id},
            {"type", call.type},
            {"name", call.name},
            {"arguments", as_json ? Json::parse(call.arguments) : Json(call.arguments)},
            {"function_extra", call.function_extra.parse()},
            {"extra", call.extra.parse()}};
}

Json actual_role(const std::optional<Role>& role) {
    if (role == Role::assistant) return "assistant";
    if (role == Role::tool) return "tool";
    return role ? Json("another") : Json();
}

Json actual_audio(const std::optional<AudioAnswer>& audio) {
    if (!audio) return {};
    return {{"id", audio->id},
            {"data", audio->data},
            {"transcript", audio->transcript},
            {"expires_at", audio->expires_at}};
}

Json actual_delta(const Delta& delta, const Json& expected) {
    Json tool_calls = Json::array();
    for (std::size_t i = 0; i < delta.tool_calls.size(); ++i) {
        tool_calls.push_back(actual_tool_call(delta.tool_calls[i], expected["tool_calls"].at(i)));
    }
    Json parts = Json::array();
    for (const auto& part : delta.parts) parts.push_back(std::get<RawJson>(part).parse());
    return {{"role", actual_role(delta.role)},
            {"content", delta.content},
            {"parts", parts},
            {"audio", actual_audio(delta.audio)},
            {"reasoning", delta.reasoning},
            {"refusal", delta.refusal},
            {"tool_calls", tool_calls},
            {"annotations", delta.annotations.parse()},
            {"extra", delta.extra.parse()}};
}

Json actual_usage(const std::optional<Usage>& usage) {
    if (!usage) return {};
    return {{"prompt_tokens", usage->prompt_tokens},
            {"completion_tokens", usage->completion_tokens},
            {"total_tokens", usage->total_tokens},
            {"cached_tokens", usage->cached_tokens},
            {"raw", usage->raw.parse()}};
}

Json actual_chunk(const ChatChunk& chunk, const Json& expected) {
    Json choices = Json::array();
    for (std::size_t i = 0; i < chunk.choices.size(); ++i) {
        const auto& choice = chunk.choices[i];
        choices.push_back(
            {{"index", choice.index},
             {"finish_reason", choice.finish_reason},
             {"logprobs", choice.logprobs.parse()},
             {"extra", choice.extra.parse()},
             {"delta", actual_delta(choice.delta, expected["choices"].at(i)["delta"])}});
    }
    return {{"id", chunk.id},
            {"created", chunk.created},
            {"model", chunk.model},
            {"service_tier", chunk.service_tier},
            {"choices", choices},
            {"usage", actual_usage(chunk.usage)},
            {"extra", chunk.extra.parse()}};
}

// --- random chunks -------------------------------------------------------------------------------

class Generator {
public:
    Json chunk() {
        return object({{"id", strings()},
                       {"object", strings()},
                       {"created", numbers()},
                       {"model", strings()},
                       {"service_tier", strings()},
                       {"usage", [this] { return usage(); }},
                       {"choices", lists([this] { return choice(); })},
                       {"provider", [this] { return anything(0); }}});
    }
    bool chance(unsigned percent) { return random_() % 100 < percent; }

private:
    using Make = std::function<Json()>;
    using Fields = std::vector<std::pair<const char*, Make>>;

    Make strings() {
        return [this] { return Json(string()); };
    }
    Make numbers() {
        return [this] { return number(); };
    }
    Make lists(Make item) {
        return [this, item = std::move(item)] {
            Json list = Json::array();
            for (auto count = random_() % 4; count > 0; --count) {
                list.push_back(chance(95) ? item() : anything(0));
            }
            return list;
        };
    }

    Json choice() {
        return object({{"index", [this] { return Json(random_() % 130); }},
                       {"finish_reason", strings()},
                       {"logprobs", [this] { return anything(0); }},
                       {"content_filter_results", [this] { return anything(0); }},
                       {"delta", [this] { return delta(); }}},
                      98);
    }
    Json delta() {
        return object({{"role", [this] { return chance(50) ? "assistant" : "tool"; }},
                       {"content", [this] { return chance(80) ? Json(string()) : parts(); }},
                       {"reasoning", strings()},
                       {"reasoning_content", strings()},
                       {"refusal", strings()},
                       {"audio", [this] { return audio(); }},
                       {"annotations", lists([this] { return anything(0); })},
                       {"tool_calls", lists([this] { return tool_call(); })},
                       {"function_call", [this] { return anything(0); }}});
    }
    Json audio() {
        return object({{"id", strings()},
                       {"data", strings()},
                       {"transcript", strings()},
                       {"expires_at", numbers()}});
    }
    Json parts() {
        return lists([this] {
            return object({{"type",
                            [this] {
                                return chance(40) ? "text" : chance(60) ? "thinking" : "reference";
                            }},
                           {"text", strings()},
                           {"thinking", [this] { return chance(30) ? Json(string()) : parts(); }}});
        })();
    }
    Json tool_call() {
        return object({{"index", numbers()},
                       {"id", strings()},
                       {"type", strings()},
                       {"function", [this] { return function(); }},
                       {"extra_content", [this] { return anything(0); }}});
    }
    Json function() {
        return object({{"name", strings()},
                       {"arguments", [this] { return chance(70) ? Json(string()) : anything(1); }},
                       {"strict", [this] { return anything(0); }}});
    }
    Json usage() {
        return object({{"prompt_tokens", numbers()},
                       {"completion_tokens", numbers()},
                       {"total_tokens", numbers()},
                       {"prompt_tokens_details", [this] {
                            return object({{"cached_tokens", numbers()}});
                        }}});
    }

    /// An object with most of the fields, most of them of the right type.
    Json object(const Fields& fields, unsigned right = 90) {
        Json made = Json::object();
        for (const auto& [key, make] : fields) {
            if (chance(20)) continue;
            if (chance(right)) {
                made[key] = make();
            } else {
                made[key] = chance(50) ? Json() : anything(0);
            }
        }
        return made;
    }

    Json anything(int depth) {
        switch (random_() % (depth < 3 ? 7 : 5)) {
            case 0:
                return {};
            case 1:
                return chance(50);
            case 2:
                return number();
            case 3:
                return number().get<double>() / 8;
            case 4:
                return string();
            case 5:
                return Json::array({anything(depth + 1), anything(depth + 1)});
            default:
                return {{string() + "1", anything(depth + 1)}, {string(), anything(depth + 1)}};
        }
    }
    Json number() {
        constexpr std::array<std::int64_t, 6> numbers{0, -1, 1, 127, 1'700'000'000, 1LL << 52};
        return chance(50) ? Json(numbers.at(random_() % numbers.size())) : Json(random_() % 1000);
    }
    std::string string() {
        constexpr std::array<std::string_view, 14> pieces{
            "a",    " ", "\"", "\\",     "\n", "\t", std::string_view("\0", 1),
            "\x1f", "/", "é",  "\u2028", "😀",  "{}", "text"};
        std::string made;
        for (auto count = random_() % 6; count > 0; --count) {
            made += pieces.at(random_() % pieces.size());
        }
        return made;
    }

    std::mt19937 random_{2};  // NOLINT(cert-msc51-cpp): the same every time
};

TEST(ChunkDecoderOracle, ReadsRandomChunksAlike) {
    Generator generator;
    ChunkDecoder decoder(256);
    ChatChunk chunk;
    int malformed = 0;
    constexpr int rounds = 3'000;
    for (int round = 0; round < rounds; ++round) {
        const Json json = generator.chunk();
        std::string data = json.dump(generator.chance(20) ? 1 : -1, ' ', generator.chance(50));
        const auto size = data.size();
        data.append(SseParser::padding, 'x');

        const auto decoded = decoder.decode(std::string_view(data).substr(0, size), chunk);
        const Json expected = expected_chunk(json);
        if (expected.is_null()) {
            ++malformed;
            ASSERT_TRUE(std::holds_alternative<MalformedChunk>(decoded)) << json.dump(1);
            continue;
        }
        if (!member(json, "choices").is_array() && expected["usage"].is_null()) {
            ASSERT_TRUE(std::holds_alternative<NoDelta>(decoded)) << json.dump(1);
            continue;
        }
        ASSERT_TRUE(std::holds_alternative<const ChatChunk*>(decoded)) << json.dump(1);
        ASSERT_EQ(actual_chunk(*std::get<const ChatChunk*>(decoded), expected), expected)
            << json.dump(1);
    }
    EXPECT_GT(malformed, rounds / 100);
    EXPECT_LT(malformed, rounds / 2);
}

}  // namespace

}  // namespace cloud_backend::detail
