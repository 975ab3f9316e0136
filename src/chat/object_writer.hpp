#pragma once

#include "chat/json_splice.hpp"

#include <cloud_backend/raw_json.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Writing of requests. Whatever cannot be written throws a `ConfigError` that names it (SPEC T11).
namespace cloud_backend::detail {

/// JSON text of a value; `what` names it in the error.
[[nodiscard]] std::string text_of(const std::string& text, const std::string& what);
[[nodiscard]] std::string text_of(double number, const std::string& what);
[[nodiscard]] std::string text_of(std::integral auto number, const std::string& /*what*/) {
    if constexpr (std::same_as<decltype(number), bool>) {
        return number ? "true" : "false";
    } else {
        return std::to_string(number);
    }
}

/// The text of `object`, which must be one.
[[nodiscard]] const std::string& checked_object(const RawJson& object, const std::string& what);

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
    explicit ObjectWriter(std::string where) : where_(std::move(where)) {}
    /// `extra` must outlive the writer.
    ObjectWriter(const RawJson& extra, std::string where);
    ObjectWriter(RawJson&& extra, std::string where) = delete;

    void add_json(std::string_view name, std::string_view json) {
        if (has_extra(name)) return;
        begin_member();
        members_.append("\"").append(name).append("\":").append(json);
    }

    void add(std::string_view name, const auto& value) {
        add_json(name, text_of(value, name_of(name)));
    }

    void add_unless_empty(std::string_view name, const std::string& value) {
        if (!value.empty()) add(name, value);
    }

    void add_object(std::string_view name, const RawJson& object) {
        add_json(name, checked_object(object, name_of(name)));
    }

    void add_object_unless_empty(std::string_view name, const RawJson& object) {
        if (!object.empty()) add_object(name, object);
    }

    template <class T>
    void add(std::string_view name, const std::optional<T>& value) {
        if (value) add(name, *value);
    }

    /// A member whose key is not the library's; `key` is JSON, too.
    void add_member(std::string_view key, std::string_view json);

    [[nodiscard]] bool has_extra(std::string_view name) const;
    /// A member of `extra` that is not to be written.
    void leave_out(std::string_view name);

    /// How an error calls a member: "messages[2].content".
    [[nodiscard]] std::string name_of(std::string_view name) const {
        return std::string(where_).append(name);
    }

    [[nodiscard]] std::string finish();

private:
    void begin_member() {
        if (!members_.empty()) members_ += ',';
    }

    std::string where_;
    std::vector<JsonMember> extra_{};
    std::string members_{};
};

}  // namespace cloud_backend::detail
