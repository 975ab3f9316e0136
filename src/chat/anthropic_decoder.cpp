#include "chat/anthropic_decoder.hpp"

#include "chat/api_error.hpp"
#include "chat/json_fields.hpp"
#include "chat/json_writer.hpp"

#include <cloud_backend/chat_accumulator.hpp>

#include <utility>

namespace cloud_backend::detail {

namespace {

namespace dom = simdjson::dom;

std::optional<ErrorDetails> error_of(dom::element json) {
    if (auto error = find_error(json)) return error;
    const auto object = as_object(json);
    if (!object || find_string(*object, "type") != "error") return std::nullopt;
    const auto message = find_string(*object, "message");
    return ErrorDetails{
        .code = ErrorCode::stream,
        .message = message.empty() ? "the server reports an error" : std::string(message)};
}

}  // namespace

struct AnthropicDecoder::Fields {
    dom::object all{};
    std::string_view type{};
    int index = 0;
    std::optional<dom::object> message{};
    std::optional<dom::object> content_block{};
    std::optional<dom::object> delta{};
    std::optional<dom::element> usage{};
    bool has_error = false;
};

AnthropicDecoder::AnthropicDecoder(std::size_t max_json_depth) : document_(max_json_depth) {}

void AnthropicDecoder::begin() {
    change_ = {};
    tokens_ = {};
    blocks_.clear();
    open_blocks_.clear();
    tool_calls_ = 0;
    stopped_ = false;
}

AnthropicDecoder::Event AnthropicDecoder::decode(std::string_view data) {
    change_ = {};
    const auto parsed = document_.parse_padded(data);
    if (const auto* fault = std::get_if<JsonFault>(&parsed)) return event_of(*fault);
    const auto json = std::get<dom::element>(parsed);
    const auto object = as_object(json);
    const auto event = object ? read_fields(*object) : Fields{};
    if (event.type.empty() || event.type == "error" || event.has_error) {
        if (auto error = error_of(json)) return std::move(*error);
    }
    if (!object) return MalformedChunk{};
    return decode(event);
}

AnthropicDecoder::Fields AnthropicDecoder::read_fields(dom::object event) {
    Fields fields{.all = event};
    for (const auto& [key, value] : event) {
        if (key == "type") {
            fields.type = string_or_empty(value);
        } else if (key == "index") {
            fields.index = as_index(value).value_or(0);
        } else if (key == "delta") {
            fields.delta = as_object(value);
        } else if (key == "content_block") {
            fields.content_block = as_object(value);
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
    if (event.type == "message_stop") {  // T4: an answer that has not told why it stopped is cut.
        if (stopped_) return Complete{};
        return NoDelta{};
    }
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
    change_ = Told{.tokens = tokens};
    delta().role = Role::assistant;
    return chunk();
}

AnthropicDecoder::Event AnthropicDecoder::message_delta(const Fields& event) {
    AnthropicTokens tokens = tokens_;
    if (event.usage) read_anthropic_usage(*event.usage, tokens, chunk_, buffer_);
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
    for (const auto& [key, value] : event.all) {
        if (key != "type" && key != "delta" && key != "usage") extra.add(key, value);
    }
    extra.store(chunk_.extra);
    if (auto failure = failure_of(stop_reason)) return std::move(*failure);
    change_ = Told{.tokens = tokens, .stopped = !stop_reason.empty()};
    chunk_.choices.front().finish_reason = finish_reason_of(stop_reason);
    if (!stop_reason.empty()) finish_message();
    return chunk_unless(stop_reason.empty() && !chunk_.usage && chunk_.extra.empty());
}

// --- its content blocks --------------------------------------------------------------------------

AnthropicDecoder::Block::Kind AnthropicDecoder::kind_of(dom::object block) {
    const auto type = find_string(block, "type");
    if (type == "text") return Block::Kind::text;
    if (type == "tool_use") return Block::Kind::tool_use;
    return type == "thinking" ? Block::Kind::thinking : Block::Kind::other;
}

AnthropicDecoder::Event AnthropicDecoder::block_start(const Fields& event) {
    if (!event.content_block) return MalformedChunk{};
    if (blocks_.size() >= ChatAccumulator::max_parts) {  // T8
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the answer has too many content blocks"};
    }
    const dom::object block = *event.content_block;
    change_ = Begun{.at = event.index, .block = block};
    switch (kind_of(block)) {
        case Block::Kind::text:
            delta().content = find_string(block, "text");
            return chunk_unless(delta().content.empty());
        case Block::Kind::thinking:
            delta().reasoning = find_string(block, "thinking");
            return chunk_unless(delta().reasoning.empty());
        case Block::Kind::tool_use:
            return tool_use(block);
        case Block::Kind::other:
            break;
    }
    return chunk();
}

AnthropicDecoder::Event AnthropicDecoder::tool_use(dom::object block) {
    ToolCallDelta& call = add_tool_call(tool_calls_);
    call.type = "function";
    call.id = find_string(block, "id");
    call.name = find_string(block, "name");
    return chunk();
}

AnthropicDecoder::Event AnthropicDecoder::block_delta(const Fields& event) {
    if (!event.delta) return MalformedChunk{};
    const dom::object piece = *event.delta;
    change_ = Continued{.at = event.index, .delta = piece};
    const auto type = find_string(piece, "type");
    if (type == "text_delta") {
        delta().content = find_string(piece, "text");
        return chunk_unless(delta().content.empty());
    }
    if (type == "thinking_delta") {
        delta().reasoning = find_string(piece, "thinking");
        return chunk_unless(delta().reasoning.empty());
    }
    if (type == "citations_delta") {
        const auto citation = find_member(piece, "citation");
        if (!citation) return NoDelta{};
        delta().annotations = RawJson::trusted('[' + json_text(*citation) + ']');
        return chunk();
    }
    if (type == "signature_delta") return NoDelta{};
    const auto* const block = open_block(event.index);
    if (block == nullptr) return NoDelta{};  // S6: its begin may be known only in a moment.
    if (block->kind != Block::Kind::tool_use || type != "input_json_delta") return chunk();
    return arguments(*block, find_string(piece, "partial_json"));
}

AnthropicDecoder::Event AnthropicDecoder::arguments(const Block& tool, std::string_view piece) {
    if (piece.empty()) return NoDelta{};
    add_tool_call(tool.tool).arguments = piece;
    return chunk();
}

AnthropicDecoder::Event AnthropicDecoder::block_stop(const Fields& event) {
    const auto* const block = open_block(event.index);
    if (block == nullptr) return NoDelta{};
    change_ = Ended{.at = event.index};
    if (block->kind == Block::Kind::other) return chunk();
    if (block->arguments.empty()) return NoDelta{};
    add_tool_call(block->tool).arguments = block->arguments;
    return chunk();
}

void AnthropicDecoder::finish_message() {
    KeptContent kept;
    for (const Block& block : blocks_) {
        kept.add(block.content);
        if (block.arguments.empty()) continue;
        add_tool_call(block.tool).arguments = block.arguments;
    }
    delta().extra = kept.extra();
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
    return found == open_blocks_.end() ? nullptr : &blocks_[found->second];
}

void AnthropicDecoder::apply(const Told& told) {
    tokens_ = told.tokens;
    if (!told.stopped) return;
    stopped_ = true;
    blocks_.clear();
    open_blocks_.clear();
}

void AnthropicDecoder::apply(const Begun& begun) {
    const auto kind = kind_of(begun.block);
    const bool is_tool = kind == Block::Kind::tool_use;
    open_blocks_[begun.at] = blocks_.size();
    blocks_.push_back({.kind = kind,
                       .tool = tool_calls_,
                       .arguments = is_tool ? input_of(begun.block) : std::string(),
                       .content = AnthropicBlock(begun.block)});
    if (is_tool) ++tool_calls_;
}

void AnthropicDecoder::apply(const Continued& continued) {
    auto* const block = open_block(continued.at);
    if (block == nullptr) return;
    block->content.add(continued.delta);
    if (!find_string(continued.delta, "partial_json").empty()) block->arguments.clear();
}

void AnthropicDecoder::apply(const Ended& ended) {
    if (auto* const block = open_block(ended.at)) block->arguments.clear();
    open_blocks_.erase(ended.at);
}

// --- whole answers -------------------------------------------------------------------------------

std::optional<ErrorDetails> AnthropicDecoder::find_failure(dom::element json) const {
    if (auto error = error_of(json)) return error;
    const auto object = as_object(json);
    return object ? failure_of(find_string(*object, "stop_reason")) : std::nullopt;
}

std::optional<ChatCompletion> AnthropicDecoder::read_completion(dom::element json) const {
    return read_anthropic_message(json);
}

}  // namespace cloud_backend::detail
