#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::fuzz {

using Json = nlohmann::json;

/// The value of a text that every JSON library must read alike; empty for any other. Left out is
/// what nlohmann alone accepts (a byte order mark, a NUL as the end), and keys that come twice.
inline std::optional<Json> parse_strict_json(std::string_view text) {
    if (text.starts_with('\xEF') || text.find('\0') != std::string_view::npos) return std::nullopt;
    std::vector<std::set<std::string>> keys;
    bool unique = true;
    const auto watch_keys = [&](int /*depth*/, Json::parse_event_t event, Json& parsed) {
        if (event == Json::parse_event_t::object_start) keys.emplace_back();
        if (event == Json::parse_event_t::object_end) keys.pop_back();
        if (event == Json::parse_event_t::key) {
            unique &= keys.back().insert(parsed.get<std::string>()).second;
        }
        return true;
    };
    Json value = Json::parse(text, watch_keys, false);
    if (value.is_discarded() || !unique) return std::nullopt;
    return value;
}

}  // namespace cloud_backend::fuzz
