#include "chat/anthropic_blocks.hpp"

#include "core/ascii.hpp"
#include "core/utf8.hpp"

#include <cloud_backend/error.hpp>

#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>

namespace cloud_backend::detail {

namespace {

/// What an image or a document is taken from: a URL, or what a `data:` URL holds.
std::string source_of(const std::string& url, const std::string& where) {
    constexpr std::string_view scheme = "data:";
    constexpr std::string_view encoding = ";base64,";
    if (!url.starts_with(scheme)) {
        return R"({"type":"url","url":)" + text_of(url, where) + "}";
    }
    const auto end = url.find(encoding);
    if (end == std::string::npos) throw ConfigError(where + " is a data: URL without base64");
    ObjectWriter source(where + ".");
    source.add_json("type", R"("base64")");
    source.add("media_type", url.substr(scheme.size(), end - scheme.size()));
    source.add("data", url.substr(end + encoding.size()));
    return source.finish();
}

std::string block_of(const TextPart& part, const std::string& where) {
    return text_block(text_of(part.text, where + ".text")).finish();
}

std::string block_of(const ImagePart& part, const std::string& where) {
    return R"({"type":"image","source":)" + source_of(part.url, where + ".url") + "}";
}

std::string block_of(const AudioPart& /*part*/, const std::string& where) {
    throw ConfigError(where + " is a sound: Anthropic's protocol has none");
}

std::string block_of(const FilePart& part, const std::string& where) {
    ObjectWriter block(where + ".");
    block.add_json("type", R"("document")");
    if (part.file_id.empty()) {
        block.add_json("source", source_of(part.file_data, where + ".file_data"));
    } else {
        const std::string id = text_of(part.file_id, where + ".file_id");
        block.add_json("source", R"({"type":"file","file_id":)" + id + "}");
    }
    block.add_unless_empty("title", part.filename);
    return block.finish();
}

std::string block_of(const RawJson& part, const std::string& where) {
    return checked_object(part, where);
}

/// The protocol takes objects only; a model that wrote something else must see what.
std::string input_from(const std::string& arguments) {
    const auto text = trim(arguments);
    if (text.empty() || text == "null") return "{}";
    if (is_json_object(arguments)) return arguments;
    std::string repaired = repair_utf8(arguments);
    if (is_json_object(repaired)) return repaired;
    ObjectWriter input("");
    input.add("invalid_arguments", repaired);
    return input.finish();
}

}  // namespace

ObjectWriter text_block(const std::string& text) {
    ObjectWriter block("");
    block.add_json("type", R"("text")");
    block.add_json("text", text);
    return block;
}

ObjectWriter tool_use_block(const ToolCall& call, const std::string& where) {
    ObjectWriter block(where + ".");
    block.add_json("type", R"("tool_use")");
    block.add("id", call.id);
    block.add("name", call.name);
    block.add_json("input", input_from(call.arguments));
    return block;
}

void add_parts(JsonList& blocks, const Message& message, const std::string& where) {
    for (std::size_t i = 0; i < message.parts.size(); ++i) {
        const ContentPart& part = message.parts[i];
        const bool of_another = message.role == Role::assistant;
        if (of_another && std::holds_alternative<RawJson>(part)) continue;
        const auto* text = std::get_if<TextPart>(&part);
        if (text != nullptr && trim(text->text).empty()) continue;
        const std::string part_where = at(where + ".parts", i);
        blocks.add_json(
            std::visit([&](const auto& kind) { return block_of(kind, part_where); }, part));
    }
}

}  // namespace cloud_backend::detail
