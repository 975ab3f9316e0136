#include "chat/anthropic_content.hpp"

#include "chat/json_fields.hpp"
#include "chat/json_splice.hpp"
#include "chat/json_writer.hpp"
#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace cloud_backend::detail {

namespace {

namespace dom = simdjson::dom;

bool is_plain_member(std::string_view type, std::string_view name) {
    constexpr std::array<std::string_view, 2> of_text{"type", "text"};
    constexpr std::array<std::string_view, 4> of_tool_use{"type", "id", "name", "input"};
    return type == "text" ? std::ranges::find(of_text, name) != of_text.end()
                          : std::ranges::find(of_tool_use, name) != of_tool_use.end();
}

bool is_plain_block(dom::object block) {
    const auto type = find_string(block, "type");
    if (type != "text" && type != "tool_use") return false;
    return std::ranges::all_of(block, [&](const auto& member) {
        return is_plain_member(type, member.key) || is_empty(member.value);
    });
}

bool is_blank_block(dom::object block) {
    return find_string(block, "type") == "text" && trim(find_string(block, "text")).empty();
}

void append_element(std::string& list, std::string_view json) {
    if (!list.empty()) list += ',';
    list += json;
}

void append_member(std::string& members, std::string_view name, std::string_view json) {
    if (!members.empty()) members += ',';
    append_json_string(members, name);
    members.append(":").append(json);
}

}  // namespace

std::string input_of(dom::object tool_use) {
    const auto input = find_member(tool_use, "input");
    return input && as_object(*input) ? json_text(*input) : "{}";
}

// --- AnthropicBlock ------------------------------------------------------------------------------

AnthropicBlock::AnthropicBlock(dom::object start)
    : plain_(is_plain_block(start)), blank_(is_blank_block(start)) {
    for (const auto& [key, value] : start) {
        Text* const text = text_member(key);
        if (text != nullptr && value.is_string()) {
            text->value = string_or_empty(value);
        } else if (key == "citations" && as_array(value)) {
            const std::string list = json_text(value);
            citations_ = list.substr(1, list.size() - 2);
        } else if (key != "input") {
            append_member(members_, key, json_text(value));
        } else {
            input_ = json_text(value);
        }
    }
}

void AnthropicBlock::add(dom::object delta) {
    const auto type = find_string(delta, "type");
    plain_ = plain_ && (type == "text_delta" || type == "input_json_delta");
    for (const auto& [key, value] : delta) {
        if (key == "citation") {
            append_element(citations_, json_text(value));
        } else if (key == "partial_json") {
            input_pieces_ += string_or_empty(value);
        } else if (Text* const text = text_member(key)) {
            const auto piece = string_or_empty(value);
            blank_ = blank_ && trim(piece).empty();
            if (!text->value) text->value.emplace();
            *text->value += piece;
        } else if (key != "type") {
            whole_ = false;
        }
    }
}

AnthropicBlock::Text* AnthropicBlock::text_member(std::string_view name) noexcept {
    auto* const found = std::ranges::find(texts_, name, &Text::name);
    return found == texts_.end() ? nullptr : found;
}

std::optional<std::string> AnthropicBlock::json() const {
    if (!whole_ || !(input_pieces_.empty() || is_json_object(input_pieces_))) return std::nullopt;
    std::string members = members_;
    for (const Text& text : texts_) {
        const bool unsigned_thinking = text.name == "signature" && text.value == "";
        if (!text.value || unsigned_thinking) continue;
        std::string value;
        append_json_string(value, *text.value);
        append_member(members, text.name, value);
    }
    const std::string& input = input_pieces_.empty() ? input_ : input_pieces_;
    if (!input.empty()) append_member(members, "input", input);
    if (!citations_.empty()) append_member(members, "citations", '[' + citations_ + ']');
    return '{' + members + '}';
}

// --- KeptContent ---------------------------------------------------------------------------------

void KeptContent::add(dom::element value) {
    const auto block = as_object(value);
    if (!block) return;
    plain_ = plain_ && is_plain_block(*block);
    if (!is_blank_block(*block)) append_element(list_, json_text(value));
}

void KeptContent::add(const AnthropicBlock& block) {
    plain_ = plain_ && block.is_plain();
    if (block.is_blank()) return;
    const auto json = block.json();
    whole_ = whole_ && json;
    if (json) append_element(list_, *json);
}

RawJson KeptContent::extra() const {
    if (plain_ || !whole_ || list_.empty()) return {};
    std::string member;
    append_member(member, anthropic_content, '[' + list_ + ']');
    return RawJson::trusted('{' + member + '}');
}

}  // namespace cloud_backend::detail
