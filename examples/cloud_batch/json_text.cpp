#include "json_text.hpp"

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <algorithm>

namespace cloud_batch {

namespace {

using simdjson::ondemand::json_type;

/// With white space behind it.
std::string_view padded_text_of(simdjson::ondemand::value value) {
    const json_type type = value.type();
    if (type == json_type::object) return value.get_object().value().raw_json();
    if (type == json_type::array) return value.get_array().value().raw_json();
    return value.raw_json_token();
}

std::string_view text_of(simdjson::ondemand::value value) {
    const std::string_view text = padded_text_of(value);
    return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

}  // namespace

void for_each_member(
    std::string_view object,
    const std::function<void(std::string_view name, std::string_view value)>& tell) {
    thread_local simdjson::ondemand::parser parser;
    const simdjson::padded_string padded(object);
    simdjson::ondemand::document document = parser.iterate(padded);
    for (auto member : document.get_object()) {
        const std::string name(std::string_view(member.unescaped_key()));
        tell(name, text_of(member.value()));
    }
}

std::string as_json_line(std::string_view text) {
    if (!nlohmann::json::accept(text)) return json_string(text);
    std::string line(text);
    // Between values: inside a string they would be escaped.
    std::ranges::replace_if(
        line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return line;
}

std::string json_string(std::string_view text) {
    using nlohmann::json;
    return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace cloud_batch
