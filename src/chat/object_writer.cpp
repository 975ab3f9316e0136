#include "chat/object_writer.hpp"

#include "chat/json_writer.hpp"
#include "core/utf8.hpp"

#include <cloud_backend/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace cloud_backend::detail {

std::string text_of(const std::string& text, const std::string& what) {
    if (!is_valid_utf8(text)) throw ConfigError(what + " is not valid UTF-8");
    std::string json;
    json.reserve(text.size() + 2);
    append_json_string(json, text);
    return json;
}

std::string text_of(double number, const std::string& what) {
    if (!std::isfinite(number)) throw ConfigError(what + " is not a finite number");
    return nlohmann::json(number).dump();
}

const std::string& checked_object(const RawJson& object, const std::string& what) {
    if (!is_json_object(object.text())) {
        throw ConfigError(what + " is not a JSON object in UTF-8");
    }
    return object.text();
}

std::vector<JsonMember> checked_members(const RawJson& object, const std::string& what) {
    if (object.empty()) return {};
    return members_of(checked_object(object, what));
}

std::string at(const std::string& name, std::size_t index) {
    return name + "[" + std::to_string(index) + "]";
}

std::string array_of_texts(const std::vector<std::string>& texts, const std::string& name) {
    return array_of(texts, [&](const auto& text, auto i) { return text_of(text, at(name, i)); });
}

ObjectWriter::ObjectWriter(const RawJson& extra, std::string where)
    : where_(std::move(where)), extra_(checked_members(extra, name_of("extra"))) {}

bool ObjectWriter::has_extra(std::string_view name) const {
    return std::ranges::find(extra_, name, &JsonMember::name) != extra_.end();
}

void ObjectWriter::leave_out(std::string_view name) {
    std::erase_if(extra_, [&](const JsonMember& member) { return member.name() == name; });
}

std::string ObjectWriter::finish() {
    for (const JsonMember& member : extra_) add_member(member.key, member.value);
    return "{" + members_ + "}";
}

void ObjectWriter::add_member(std::string_view key, std::string_view json) {
    begin_member();
    members_.append(key).append(":").append(json);
}

}  // namespace cloud_backend::detail
