#pragma once

#include <simdjson.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

// Reading of JSON values that may have any type: what is null, missing or of another type counts as
// empty (SPEC C2).
namespace cloud_backend::detail {

template <class T>
[[nodiscard]] std::optional<T> value_as(simdjson::dom::element value) noexcept {
    T typed{};
    if (value.get(typed) != simdjson::SUCCESS) return std::nullopt;
    return typed;
}

[[nodiscard]] inline std::optional<simdjson::dom::object> as_object(
    simdjson::dom::element value) noexcept {
    return value_as<simdjson::dom::object>(value);
}

[[nodiscard]] inline std::optional<simdjson::dom::array> as_array(
    simdjson::dom::element value) noexcept {
    return value_as<simdjson::dom::array>(value);
}

/// An index into a list; empty when it is none, as null or -1.
[[nodiscard]] inline std::optional<int> as_index(simdjson::dom::element value) noexcept {
    const auto integer = value_as<std::int64_t>(value);
    if (!integer || *integer < 0 || *integer > std::numeric_limits<int>::max()) return std::nullopt;
    return static_cast<int>(*integer);
}

[[nodiscard]] inline std::string_view string_or_empty(simdjson::dom::element value) noexcept {
    return value_as<std::string_view>(value).value_or(std::string_view{});
}

/// Fractions are cut off: some servers give times with them.
[[nodiscard]] inline std::int64_t int_or_zero(simdjson::dom::element value) noexcept {
    if (const auto integer = value_as<std::int64_t>(value)) return *integer;
    constexpr double beyond = 9223372036854775808.0;  // 2^63
    const double number = value_as<double>(value).value_or(0);
    return std::abs(number) < beyond ? static_cast<std::int64_t>(number) : 0;
}

/// Null, `{}` or `[]`.
[[nodiscard]] inline bool is_empty(simdjson::dom::element value) noexcept {
    if (const auto object = as_object(value)) return object->size() == 0;
    if (const auto array = as_array(value)) return array->size() == 0;
    return value.is_null();
}

/// The member called `key`, if there is one; the last if there are several, as everywhere.
[[nodiscard]] inline std::optional<simdjson::dom::element> find_member(
    simdjson::dom::object object, std::string_view key) noexcept {
    std::optional<simdjson::dom::element> found;
    for (const auto& [name, value] : object) {
        if (name == key) found = value;
    }
    return found;
}

/// The text of the member called `key`; empty when there is none.
[[nodiscard]] inline std::string_view find_string(simdjson::dom::object object,
                                                  std::string_view key) noexcept {
    const auto member = find_member(object, key);
    return member ? string_or_empty(*member) : std::string_view{};
}

/// More than any server lists. Three bytes of JSON can ask for hundreds of bytes of structure (SPEC
/// T8), so what comes behind is not read but for one, which shows that the list is longer.
inline constexpr std::size_t max_listed = 4'096;

/// Has `read` read the objects of an array into the first elements of `items`, so that their
/// storage is used again, and says how many they are. Cutting off the rest is left to the caller.
template <class Item, class Read>
[[nodiscard]] std::size_t read_objects(simdjson::dom::element value, std::vector<Item>& items,
                                       Read&& read) {
    const auto array = as_array(value);
    if (!array) return 0;
    std::size_t count = 0;
    for (const auto element : *array) {
        const auto object = as_object(element);
        if (!object) continue;
        if (count > max_listed) break;
        if (count == items.size()) items.emplace_back();
        read(*object, items[count]);
        ++count;
    }
    return count;
}

}  // namespace cloud_backend::detail
