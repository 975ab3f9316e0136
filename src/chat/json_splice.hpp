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

}  // namespace cloud_backend::detail
