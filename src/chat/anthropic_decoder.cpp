#include "chat/anthropic_decoder.hpp"

#include "chat/anthropic_thinking.hpp"
#include "chat/api_error.hpp"
#include "chat/json_fields.hpp"
#include "chat/json_writer.hpp"

#include <cloud_backend/chat_accumulator.hpp>

#include <utility>

namespace cloud_backend::detail {

namespace {

namespace dom = simdjson::dom;

/// `{"FIELD":[ELEMENT]}`: lists are joined where the chunks of a stream are.
void store_as_list(RawJson& extra, std::string_view field, std::string_view element) {
    std::string text = "{";
    append_json_string(text, field);
    text.append(":[").append(element).append("]}");
    extra = RawJson::trusted(std::move(text));
}

std::string thinking_block(std::string_view text, std::string_view signature) {
    std::string block = R"({"type":"thinking","thinking":)";
    append_json_string(block, text);
    block += R"(,"signature":)";
    append_json_string(block, signature);
    return block + '}';
}

std::string json_text(dom::element value) {
    std::string text;
    append_json(text, value);
    return text;
}

}  // namespace

struct AnthropicDecoder::Fields {
    std::string_view type{};
    int index = 0;
    std::optional<dom::object> message{};
    std::optional<dom::element> content_block{};
    std::optional<dom::object> delta{};
    std::optional<dom::element> usage{};
    bool has_error = false;
};

AnthropicDecoder::AnthropicDecoder(std::size_t max_json_depth) : document_(max_json_depth) {}

void AnthropicDecoder::begin() {
    change_ = {};
    tokens_ = {};
    open_blocks_.clear();
    tool_calls_ = 0;
}

AnthropicDecoder::Event AnthropicDecoder::decode(std::string_view data) {
    change_ = {};
    const auto parsed = document_.parse_padded(data);
    if (const auto* fault = std::get_if<JsonFault>(&parsed)) return event_of(*fault);
    const auto json = std::get<dom::element>(parsed);
    const auto object = as_object(json);
    const auto event = object ? read_fields(*object) : Fields{};
    if (event.type.empty() || event.type == "error" || event.has_error) {
        if (auto error = find_error(json)) return std::move(*error);
    }
    if (!object) return MalformedChunk{};
    return decode(event);
}

AnthropicDecoder::Fields AnthropicDecoder::read_fields(dom::object event) {
    Fields fields;
    for (const auto& [key, value] : event) {
        if (key == "type") {
            fields.type = string_or_empty(value);
        } else if (key == "index") {
            fields.index = as_index(value).value_or(0);
        } else if (key == "delta") {
            fields.delta = as_object(value);
        } else if (key == "content_block") {
            fields.content_block = value;
        } else if (key == "message") {
            fields.message = as_object(value);
        } else if (key == "usage") {
            fields.usage = value;
        } else if (key == "error") {
            fields.has_error = !value.is_null();
        }
    }
    return fields;
}

AnthropicDecoder::Event AnthropicDecoder::decode(const Fields& event) {
    if (event.type == "message_stop") return Complete{};
    clear_chunk();
    if (event.type == "content_block_delta") return block_delta(event);
    if (event.type == "content_block_start") return block_start(event);
    if (event.type == "content_block_stop") return block_stop(event);
    if (event.type == "message_start") return message_start(event);
    if (event.type == "message_delta") return message_delta(event);
    return NoDelta{};
}

// --- the message ---------------------------------------------------------------------------------

AnthropicDecoder::Event AnthropicDecoder::message_start(const Fields& event) {
    if (!event.message) return MalformedChunk{};
    AnthropicTokens tokens;
    read_anthropic_head(*event.message, tokens, chunk_, buffer_);
    change_ = tokens;
    delta().role = Role::assistant;
    return chunk();
}

AnthropicDecoder::Event AnthropicDecoder::message_delta(const Fields& event) {
    if (event.usage) {
        AnthropicTokens tokens = tokens_;
        read_anthropic_usage(*event.usage, tokens, chunk_, buffer_);
        change_ = tokens;
    }
    std::string_view stop_reason;
    MemberCollector extra(buffer_);
    if (event.delta) {
        for (const auto& [key, value] : *event.delta) {
            if (key == "stop_reason") {
                stop_reason = string_or_empty(value);
            } else {
                extra.add(key, value);
            }
        }
    }
    extra.store(chunk_.extra);
    if (auto failure = failure_of(stop_reason)) return std::move(*failure);
    chunk_.choices.front().finish_reason = finish_reason_of(stop_reason);
    return chunk_unless(stop_reason.empty() && !chunk_.usage && chunk_.extra.empty());
}

// --- its content blocks --------------------------------------------------------------------------

AnthropicDecoder::Event AnthropicDecoder::block_start(const Fields& event) {
    const auto block = event.content_block ? as_object(*event.content_block) : std::nullopt;
    if (!block) return MalformedChunk{};
    if (open_blocks_.size() >= ChatAccumulator::max_parts) {  // T8
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the answer has too many content blocks"};
    }
    const auto type = find_string(*block, "type");
    if (type == "tool_use") return tool_use(*block, event.index);
    change_ = Begun{.at = event.index};
    if (type == "text") {
        delta().content = find_string(*block, "text");
        return chunk_unless(delta().content.empty());
    }
    if (type == "thinking") {
        delta().reasoning = find_string(*block, "thinking");
        change_ =
            Begun{.at = event.index,
                  .block = Thinking{.text = delta().reasoning,
                                    .signature = std::string(find_string(*block, "signature"))}};
        return chunk_unless(delta().reasoning.empty());
    }
    if (type == "redacted_thinking") {
        store_as_list(delta().extra, anthropic_thinking, json_text(*event.content_block));
        return chunk();
    }
    return NoDelta{};
}

AnthropicDecoder::Event AnthropicDecoder::tool_use(dom::object block, int at) {
    ToolCallDelta& call = add_tool_call(tool_calls_);
    call.type = "function";
    call.id = find_string(block, "id");
    call.name = find_string(block, "name");
    const auto input = find_member(block, "input");
    const bool has_arguments = input && !is_empty(*input);  // Else they follow in pieces.
    if (has_arguments) append_json(call.arguments, *input);
    change_ = Begun{.at = at, .block = Tool{.index = tool_calls_, .has_arguments = has_arguments}};
    return chunk();
}

AnthropicDecoder::Event AnthropicDecoder::block_delta(const Fields& event) {
    if (!event.delta) return MalformedChunk{};
    const dom::object piece = *event.delta;
    const auto type = find_string(piece, "type");
    if (type == "text_delta") {
        delta().content = find_string(piece, "text");
        return chunk_unless(delta().content.empty());
    }
    if (type == "input_json_delta")
        return arguments(find_string(piece, "partial_json"), event.index);
    if (type == "thinking_delta") {
        const auto text = find_string(piece, "thinking");
        delta().reasoning = text;
        change_ = ThinkingCame{.at = event.index, .text = text};
        return chunk_unless(delta().reasoning.empty());
    }
    if (type == "signature_delta") {
        change_ = ThinkingCame{.at = event.index, .signature = find_string(piece, "signature")};
    } else if (type == "citations_delta") {
        if (const auto citation = find_member(piece, "citation")) {
            delta().annotations = RawJson::trusted('[' + json_text(*citation) + ']');
            return chunk();
        }
    }
    return NoDelta{};
}

AnthropicDecoder::Event AnthropicDecoder::arguments(std::string_view piece, int at) {
    auto* const block = open_block(at);
    if (block == nullptr) return MalformedChunk{};
    const auto* const tool = std::get_if<Tool>(block);
    if (tool == nullptr || piece.empty()) return NoDelta{};  // Tools of the server take input too.
    add_tool_call(tool->index).arguments = piece;
    change_ = ArgumentsCame{.at = at};
    return chunk();
}

AnthropicDecoder::Event AnthropicDecoder::block_stop(const Fields& event) {
    auto* const block = open_block(event.index);
    change_ = Ended{.at = event.index};
    if (const auto* const thinking = std::get_if<Thinking>(block)) {
        store_as_list(delta().extra, anthropic_thinking,
                      thinking_block(thinking->text, thinking->signature));
        return chunk();
    }
    const auto* const tool = std::get_if<Tool>(block);
    if (tool == nullptr || tool->has_arguments) return NoDelta{};
    add_tool_call(tool->index).arguments = "{}";  // As a whole answer has it.
    return chunk();
}

// --- the chunk -----------------------------------------------------------------------------------

void AnthropicDecoder::clear_chunk() {
    chunk_.id.clear();
    chunk_.model.clear();
    chunk_.usage.reset();
    chunk_.service_tier.clear();
    chunk_.extra.clear();
    chunk_.choices.resize(1);
    chunk_.choices.front().finish_reason.clear();
    delta().role.reset();
    delta().content.clear();
    delta().reasoning.clear();
    delta().annotations.clear();
    delta().extra.clear();
    for (ToolCallDelta& call : delta().tool_calls) spare_call_ = std::move(call);
    delta().tool_calls.clear();
}

ToolCallDelta& AnthropicDecoder::add_tool_call(int index) {
    ToolCallDelta& call = delta().tool_calls.emplace_back(std::move(spare_call_));
    call.index = index;
    call.type.clear();
    call.id.clear();
    call.name.clear();
    call.arguments.clear();
    return call;
}

AnthropicDecoder::Event AnthropicDecoder::chunk() {
    chunk_.raw.assign_trusted(document_.source());
    return &chunk_;
}

AnthropicDecoder::Event AnthropicDecoder::chunk_unless(bool says_nothing) {
    if (says_nothing) return NoDelta{};
    return chunk();
}

// --- the stream so far ---------------------------------------------------------------------------

void AnthropicDecoder::commit() {
    std::visit([this](const auto& change) { apply(change); }, change_);
    change_ = {};
}

AnthropicDecoder::Block* AnthropicDecoder::open_block(int at) {
    const auto found = open_blocks_.find(at);
    return found == open_blocks_.end() ? nullptr : &found->second;
}

void AnthropicDecoder::apply(const Begun& begun) {
    open_blocks_.insert_or_assign(begun.at, begun.block);
    if (std::holds_alternative<Tool>(begun.block)) ++tool_calls_;
}

void AnthropicDecoder::apply(const ArgumentsCame& came) {
    if (auto* const tool = std::get_if<Tool>(open_block(came.at))) tool->has_arguments = true;
}

void AnthropicDecoder::apply(const ThinkingCame& came) {
    auto* const thinking = std::get_if<Thinking>(open_block(came.at));
    if (thinking == nullptr) return;
    thinking->text += came.text;
    thinking->signature += came.signature;
}

// --- whole answers -------------------------------------------------------------------------------

std::optional<ErrorDetails> AnthropicDecoder::find_failure(dom::element json) const {
    if (auto error = find_error(json)) return error;
    const auto object = as_object(json);
    return object ? failure_of(find_string(*object, "stop_reason")) : std::nullopt;
}

std::optional<ChatCompletion> AnthropicDecoder::read_completion(dom::element json) const {
    return read_anthropic_message(json);
}

}  // namespace cloud_backend::detail
