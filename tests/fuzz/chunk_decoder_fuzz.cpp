#include "chat/chunk_decoder.hpp"
#include "fuzzing.hpp"
#include "strict_json.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <string>
#include <variant>

// The chunk decoder never fails but in the ways it says, hands on nothing but JSON, and reads what
// another JSON library reads, as far as both accept it.
namespace cloud_backend::fuzz {
namespace {

constexpr std::size_t max_json_depth = 64;

/// Has every field, so that one which is left over from it shows in the chunk that follows.
constexpr std::string_view full_chunk =
    R"({"id":"old","created":7,"model":"old","service_tier":"old","system_fingerprint":"old",)"
    R"("old":1,"usage":{"prompt_tokens":7,"prompt_tokens_details":{"cached_tokens":7}},)"
    R"("choices":[{"index":7,"finish_reason":"old","logprobs":{"old":1},"message":{"role":"tool",)"
    R"("content":"old","reasoning":"old","refusal":"old","annotations":[7],"old":1,)"
    R"("tool_calls":[{"index":7,"id":"old","type":"old","old":1,)"
    R"("function":{"name":"old","arguments":"old"}}]}}]})";

detail::ChunkDecoder::Event decode(detail::ChunkDecoder& decoder, std::string_view data,
                                   ChatChunk& chunk) {
    // Bytes that could be taken for more JSON, to show a read into the padding.
    std::string padded(data);
    padded.append(SseParser::padding, '1');
    return decoder.decode(std::string_view(padded).substr(0, data.size()), chunk);
}

void check_json(const RawJson& json) {
    require(json.empty() || Json::accept(json.text()), "raw JSON is JSON (A10, S4)");
}

void check_json(const ChatChunk& chunk) {
    require(!chunk.raw.empty(), "a chunk has the event's data");
    check_json(chunk.raw);
    check_json(chunk.extra);
    if (chunk.usage) check_json(chunk.usage->raw);
    for (const auto& choice : chunk.choices) {
        require(choice.index >= 0 && choice.index <= 127, "a choice has an index (A11)");
        check_json(choice.logprobs);
        check_json(choice.delta.annotations);
        check_json(choice.delta.extra);
        for (const auto& call : choice.delta.tool_calls) {
            require(call.index.value_or(0) >= 0, "no index is negative (A1)");
            check_json(call.extra);
        }
    }
}

Json as_json(const ToolCallDelta& call) {
    return {call.index.value_or(-1), call.id,          call.type, call.name,
            call.arguments,          call.extra.text()};
}

Json as_json(const ChunkChoice& choice) {
    const auto& delta = choice.delta;
    Json calls = Json::array();
    for (const auto& call : delta.tool_calls) calls.push_back(as_json(call));
    return {choice.index,
            choice.finish_reason,
            delta.content,
            delta.reasoning,
            delta.refusal,
            delta.role ? static_cast<int>(*delta.role) : -1,
            calls,
            choice.logprobs.text(),
            delta.extra.text(),
            delta.annotations.text()};
}

/// All of the chunk, to be compared with another.
Json as_json(const ChatChunk& chunk) {
    Json choices = Json::array();
    for (const auto& choice : chunk.choices) choices.push_back(as_json(choice));
    return {chunk.id,
            chunk.created,
            chunk.model,
            chunk.service_tier,
            chunk.extra.text(),
            chunk.raw.text(),
            choices,
            chunk.usage ? chunk.usage->raw.text() : "",
            chunk.usage ? chunk.usage->cached_tokens : 0};
}

void check_reuse(std::string_view data, const ChatChunk& fresh) {
    detail::ChunkDecoder decoder(max_json_depth);
    ChatChunk used;
    (void)decode(decoder, full_chunk, used);
    const auto decoded = decode(decoder, data, used);
    require(std::holds_alternative<const ChatChunk*>(decoded), "a used chunk is read into as well");
    require(as_json(used) == as_json(fresh), "nothing is left of the chunk before");
}

// --- a plain reading of some fields with another library ----------------------------------------

std::string text(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

void check_choice(const Json& expected, const ChunkChoice& choice) {
    require(choice.finish_reason == text(expected, "finish_reason"), "finish_reason as sent");
    const auto delta = expected.find("delta");
    if (delta == expected.end() || !delta->is_object()) return;
    if (expected.contains("message")) return;  // It is read instead of a delta that says nothing.
    require(choice.delta.refusal == text(*delta, "refusal"), "refusal as sent");
    const auto content = delta->find("content");
    if (content == delta->end() || content->is_array()) return;
    require(choice.delta.content == text(*delta, "content"), "content as sent");
}

void check_fields(const Json& expected, const ChatChunk& chunk) {
    require(chunk.id == text(expected, "id"), "id as sent");
    require(chunk.model == text(expected, "model"), "model as sent");
    require(chunk.service_tier == text(expected, "service_tier"), "service_tier as sent");
    const auto created = expected.find("created");
    if (created != expected.end() && created->is_number_integer() &&
        !(created->is_number_unsigned() && created->get<std::uint64_t>() > INT64_MAX)) {
        require(chunk.created == created->get<std::int64_t>(), "created as sent");
    }
    std::size_t choices = 0;
    const auto given = expected.find("choices");
    if (given != expected.end() && given->is_array()) {
        for (const auto& choice : *given) {
            if (!choice.is_object()) continue;
            require(choices < chunk.choices.size(), "every choice is read");
            check_choice(choice, chunk.choices[choices++]);
        }
    }
    require(choices == chunk.choices.size(), "no choice is made up");
}

}  // namespace
}  // namespace cloud_backend::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cloud_backend;
    using namespace cloud_backend::fuzz;
    const auto input = as_text(data, size);
    detail::ChunkDecoder decoder(max_json_depth);
    ChatChunk chunk;
    const auto decoded = decode(decoder, input, chunk);
    const auto strict = parse_strict_json(input);

    if (const auto* const error = std::get_if<ErrorDetails>(&decoded)) {
        require(error->code == ErrorCode::stream || error->code == ErrorCode::limit_exceeded,
                "an event's error is the server's, or a limit");
        require(!error->message.empty(), "an error says something");
        return 0;
    }
    if (std::holds_alternative<const ChatChunk*>(decoded)) {
        check_json(chunk);
        check_reuse(input, chunk);
        if (strict) {
            require(strict->is_object(), "a chunk is an object (E5)");
            check_fields(*strict, chunk);
        }
        return 0;
    }
    if (std::holds_alternative<detail::NoDelta>(decoded)) {
        require(!strict || strict->is_object(), "what is passed over is an object");
        require(!strict || !strict->contains("choices") || !strict->at("choices").is_array(),
                "a chunk with choices is not passed over");
        return 0;
    }
    if (strict && strict->is_object()) {
        require(strict->contains("choices"), "an object without choices is no malformed chunk");
    }
    return 0;
}
