#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::detail {

/// A member of a JSON object, as it stands in the object's text.
struct JsonMember {
    std::string_view key;  ///< With its quotes.
    std::string_view value;

    /// The key's text, unescaped: "\u0073tream" is stream too.
    [[nodiscard]] std::string name() const;
};

/// Whether `text` is JSON in UTF-8 and nothing besides. Needs no stack, however deep it is nested.
[[nodiscard]] bool is_json(std::string_view text);

/// The same, of an object.
[[nodiscard]] bool is_json_object(std::string_view text);

/// The members of an object, in order. Needs text for which `is_json_object` holds.
[[nodiscard]] std::vector<JsonMember> members_of(std::string_view object);

[[nodiscard]] inline bool is_array(std::string_view json) {
    return json.starts_with('[');
}

/// Lists come in pieces; `open_list` still lacks its closing bracket.
void append_elements(std::string& open_list, std::string_view array);

}  // namespace cloud_backend::detail
