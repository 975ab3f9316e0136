#include "chat/anthropic_decoder.hpp"

#include "chat/api_error.hpp"
#include "chat/json_fields.hpp"
#include "chat/json_writer.hpp"
#include "chat/message_reader.hpp"
#include "core/per_thread.hpp"

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

Delta& delta_of(ChatChunk& chunk) {
    return chunk.choices.front().delta;
}

/// What keeps the storage of a tool call while the thread's chunk has none.
ToolCallDelta* spare_call() {
    return per_thread<ToolCallDelta>();
}

/// It may hold what another protocol said.
void clear_chunk(ChatChunk& chunk) {
    chunk.id.clear();
    chunk.created = 0;
    chunk.model.clear();
    chunk.usage.reset();
    chunk.service_tier.clear();
    chunk.system_fingerprint.clear();
    chunk.extra.clear();
    chunk.choices.resize(1);
    ChunkChoice& choice = chunk.choices.front();
    choice.index = 0;
    choice.finish_reason.clear();
    choice.logprobs.clear();
    choice.extra.clear();
    if (auto* const spare = spare_call(); spare != nullptr && !choice.delta.tool_calls.empty()) {
        *spare = std::move(choice.delta.tool_calls.front());
    }
    clear(choice.delta);
}

ToolCallDelta& add_tool_call(ChatChunk& chunk, int index) {
    auto& calls = delta_of(chunk).tool_calls;
    auto* const spare = spare_call();
    ToolCallDelta& call =
        spare == nullptr ? calls.emplace_back() : calls.emplace_back(std::move(*spare));
    call.index = index;
    call.type.clear();
    call.id.clear();
    call.name.clear();
    call.arguments.clear();
    call.function_extra.clear();
    call.extra.clear();
    return call;
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

AnthropicDecoder::Event AnthropicDecoder::decode(std::string_view data, ChatChunk& chunk) {
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
    return decode(event, chunk);
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

AnthropicDecoder::Event AnthropicDecoder::decode(const Fields& event, ChatChunk& chunk) {
    if (event.type == "message_stop") {  // T4: an answer that has not told why it stopped is cut.
        if (stopped_) return Complete{};
        return NoDelta{};
    }
    clear_chunk(chunk);
    if (event.type == "content_block_delta") return block_delta(event, chunk);
    if (event.type == "content_block_start") return block_start(event, chunk);
    if (event.type == "content_block_stop") return block_stop(event, chunk);
    if (event.type == "message_start") return message_start(event, chunk);
    if (event.type == "message_delta") return message_delta(event, chunk);
    return NoDelta{};
}

// --- the message ---------------------------------------------------------------------------------

AnthropicDecoder::Event AnthropicDecoder::message_start(const Fields& event, ChatChunk& chunk) {
    if (!event.message) return MalformedChunk{};
    AnthropicTokens tokens;
    read_anthropic_head(*event.message, tokens, chunk, buffer_);
    change_ = Told{.tokens = tokens};
    delta_of(chunk).role = Role::assistant;
    return told(chunk);
}

AnthropicDecoder::Event AnthropicDecoder::message_delta(const Fields& event, ChatChunk& chunk) {
    AnthropicTokens tokens = tokens_;
    if (event.usage) read_anthropic_usage(*event.usage, tokens, chunk, buffer_);
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
    extra.store(chunk.extra);
    if (auto failure = failure_of(stop_reason)) return std::move(*failure);
    change_ = Told{.tokens = tokens, .stopped = !stop_reason.empty()};
    chunk.choices.front().finish_reason = finish_reason_of(stop_reason);
    if (!stop_reason.empty()) finish_message(chunk);
    return told_unless(stop_reason.empty() && !chunk.usage && chunk.extra.empty(), chunk);
}

// --- its content blocks --------------------------------------------------------------------------

AnthropicDecoder::Block::Kind AnthropicDecoder::kind_of(dom::object block) {
    const auto type = find_string(block, "type");
    if (type == "text") return Block::Kind::text;
    if (type == "tool_use") return Block::Kind::tool_use;
    return type == "thinking" ? Block::Kind::thinking : Block::Kind::other;
}

AnthropicDecoder::Event AnthropicDecoder::block_start(const Fields& event, ChatChunk& chunk) {
    if (!event.content_block) return MalformedChunk{};
    if (blocks_.size() >= ChatAccumulator::max_parts) {  // T8
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the answer has too many content blocks"};
    }
    const dom::object block = *event.content_block;
    change_ = Begun{.at = event.index, .block = block};
    switch (kind_of(block)) {
        case Block::Kind::text:
            delta_of(chunk).content = find_string(block, "text");
            return told_unless(delta_of(chunk).content.empty(), chunk);
        case Block::Kind::thinking:
            delta_of(chunk).reasoning = find_string(block, "thinking");
            return told_unless(delta_of(chunk).reasoning.empty(), chunk);
        case Block::Kind::tool_use:
            return tool_use(block, chunk);
        case Block::Kind::other:
            break;
    }
    return told(chunk);
}

AnthropicDecoder::Event AnthropicDecoder::tool_use(dom::object block, ChatChunk& chunk) {
    ToolCallDelta& call = add_tool_call(chunk, tool_calls_);
    call.type = "function";
    call.id = find_string(block, "id");
    call.name = find_string(block, "name");
    return told(chunk);
}

AnthropicDecoder::Event AnthropicDecoder::block_delta(const Fields& event, ChatChunk& chunk) {
    if (!event.delta) return MalformedChunk{};
    const dom::object piece = *event.delta;
    change_ = Continued{.at = event.index, .delta = piece};
    const auto type = find_string(piece, "type");
    if (type == "text_delta") {
        delta_of(chunk).content = find_string(piece, "text");
        return told_unless(delta_of(chunk).content.empty(), chunk);
    }
    if (type == "thinking_delta") {
        delta_of(chunk).reasoning = find_string(piece, "thinking");
        return told_unless(delta_of(chunk).reasoning.empty(), chunk);
    }
    if (type == "citations_delta") {
        const auto citation = find_member(piece, "citation");
        if (!citation) return NoDelta{};
        delta_of(chunk).annotations = RawJson::trusted('[' + json_text(*citation) + ']');
        return told(chunk);
    }
    if (type == "signature_delta") return NoDelta{};
    const auto* const block = open_block(event.index);
    if (block == nullptr) return NoDelta{};  // S6: its begin may be known only in a moment.
    if (block->kind != Block::Kind::tool_use || type != "input_json_delta") return told(chunk);
    return arguments(*block, find_string(piece, "partial_json"), chunk);
}

AnthropicDecoder::Event AnthropicDecoder::arguments(const Block& tool, std::string_view piece,
                                                    ChatChunk& chunk) {
    if (piece.empty()) return NoDelta{};
    add_tool_call(chunk, tool.tool).arguments = piece;
    return told(chunk);
}

AnthropicDecoder::Event AnthropicDecoder::block_stop(const Fields& event, ChatChunk& chunk) {
    const auto* const block = open_block(event.index);
    if (block == nullptr) return NoDelta{};
    change_ = Ended{.at = event.index};
    if (block->kind == Block::Kind::other) return told(chunk);
    if (block->arguments.empty()) return NoDelta{};
    add_tool_call(chunk, block->tool).arguments = block->arguments;
    return told(chunk);
}

void AnthropicDecoder::finish_message(ChatChunk& chunk) {
    KeptContent kept;
    for (const Block& block : blocks_) {
        kept.add(block.content);
        if (block.arguments.empty()) continue;
        add_tool_call(chunk, block.tool).arguments = block.arguments;
    }
    delta_of(chunk).extra = kept.extra();
}

// --- the chunk -----------------------------------------------------------------------------------

AnthropicDecoder::Event AnthropicDecoder::told(ChatChunk& chunk) const {
    chunk.raw.assign_trusted(document_.source());
    return &chunk;
}

AnthropicDecoder::Event AnthropicDecoder::told_unless(bool says_nothing, ChatChunk& chunk) const {
    if (says_nothing) return NoDelta{};
    return told(chunk);
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
