#pragma once

#include "chat/json_splice.hpp"

#include <cloud_backend/raw_json.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Writing of requests. Whatever cannot be written throws a `ConfigError` that names it (SPEC T11).
namespace cloud_backend::detail {

/// JSON text of a value; `what` names it in the error.
[[nodiscard]] std::string text_of(const std::string& text, const std::string& what);
[[nodiscard]] std::string text_of(double number, const std::string& what);
[[nodiscard]] std::string text_of(std::integral auto number, const std::string& /*what*/) {
    return std::to_string(number);
}

/// The members of `object`, if it is not empty. They live as long as it does.
[[nodiscard]] std::vector<JsonMember> checked_members(const RawJson& object,
                                                      const std::string& what);

/// How an error calls an element of a list: "messages[2]".
[[nodiscard]] std::string at(const std::string& name, std::size_t index);

/// "[a,b]"; `to_text` makes an element's text of it and its position.
template <class Item, class ToText>
[[nodiscard]] std::string array_of(const std::vector<Item>& items, const ToText& to_text) {
    std::string array = "[";
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) array += ',';
        array += to_text(items[i], i);
    }
    return array + "]";
}

/// Texts as a JSON list.
[[nodiscard]] std::string array_of_texts(const std::vector<std::string>& texts,
                                         const std::string& name);

/// Writes an object whose `extra` members replace others of the same name and come last, untouched.
class ObjectWriter {
public:
    /// `where` stands before the names of members in errors: "messages[2].".
    ObjectWriter(const RawJson& extra, std::string where);

    void add_json(const std::string& name, std::string_view json) {
        if (!has_extra(name)) append('"' + name + '"', json);
    }

    void add(const std::string& name, const auto& value) {
        add_json(name, text_of(value, name_of(name)));
    }

    void add_unless_empty(const std::string& name, const std::string& value) {
        if (!value.empty()) add(name, value);
    }

    template <class T>
    void add(const std::string& name, const std::optional<T>& value) {
        if (value) add(name, *value);
    }

    [[nodiscard]] bool has_extra(std::string_view name) const;
    /// A member of `extra` that is not to be written.
    void leave_out(std::string_view name);

    /// How an error calls a member: "messages[2].content".
    [[nodiscard]] std::string name_of(const std::string& name) const { return where_ + name; }

    [[nodiscard]] std::string finish();

private:
    void append(std::string_view key, std::string_view json);

    std::string where_;
    std::vector<JsonMember> extra_;
    std::string members_{};
};

}  // namespace cloud_backend::detail
