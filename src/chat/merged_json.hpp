#pragma once

#include "chat/json_splice.hpp"
#include "core/ascii.hpp"

#include <cloud_backend/chat_accumulator.hpp>
#include <cloud_backend/raw_json.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// JSON of which every chunk of a stream brings a piece.
namespace cloud_backend::detail {

/// For what is kept besides text: of that a few bytes of JSON can ask for hundreds (T8).
class Room {
public:
    [[nodiscard]] bool take() { return ++taken_ <= ChatAccumulator::max_parts; }
    [[nodiscard]] bool exceeded() const { return taken_ > ChatAccumulator::max_parts; }

private:
    std::size_t taken_ = 0;
};

[[nodiscard]] inline std::vector<JsonMember> members_in(const RawJson& object) {
    if (!trim(object.text()).starts_with('{')) return {};
    return members_of(object.text());
}

/// Fields the library does not know (A10): of what is no list the last stays. Kept as text, so that
/// adding is linear (nlohmann's ordered objects search through all their keys), values stay as they
/// were written and nesting costs no stack.
class MergedObject {
public:
    void add(const RawJson& object, Room& room) {
        for (const JsonMember& member : members_in(object)) add(member, room);
    }
    void add(const JsonMember& member, Room& room) {
        if (member.value != "null") merge(member, room);
    }

    [[nodiscard]] RawJson json() const {
        return fields_.empty() ? RawJson() : RawJson::trusted("{" + members() + "}");
    }

    [[nodiscard]] std::string members() const {
        std::string text;
        for (const Field& field : fields_) {
            if (!text.empty()) text += ',';
            text.append(field.key).append(":").append(field.value);
            if (is_array(field.value)) text += ']';
        }
        return text;
    }

private:
    struct Field {
        std::string key;    ///< With its quotes.
        std::string value;  ///< A list is open.
    };

    void merge(const JsonMember& member, Room& room) {
        const std::string name = member.name();
        auto position = positions_.find(name);
        if (position == positions_.end()) {
            if (!room.take()) return;
            position = positions_.emplace(name, fields_.size()).first;
            fields_.push_back({.key = std::string(member.key), .value = {}});
        }
        std::string& value = fields_[position->second].value;
        if (!is_array(member.value)) {
            value = member.value;
            return;
        }
        if (!is_array(value)) value = "[";
        append_elements(value, member.value);
    }

    std::vector<Field> fields_{};
    std::map<std::string, std::size_t> positions_{};
};

class MergedArray {
public:
    void add(const RawJson& array) {
        const std::string_view text = trim(array.text());
        if (is_array(text)) append_elements(open_list_, text);
    }

    [[nodiscard]] RawJson json() const {
        return open_list_.size() == 1 ? RawJson() : RawJson::trusted(open_list_ + "]");
    }

private:
    std::string open_list_ = "[";
};

/// JSON as it is written inside a JSON string; null says nothing.
[[nodiscard]] inline std::string escaped(std::string_view json) {
    std::string text;
    if (json == "null") return text;
    for (const char c : json) {
        if (c == '\n' || c == '\r' || c == '\t') continue;  // Between values only.
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text;
}

/// The unknown fields of a message. One is known: the call that messages held before there were
/// tool calls, whose arguments come in pieces.
class MessageExtra {
public:
    void add(const RawJson& object, Room& room) {
        for (const JsonMember& member : members_in(object)) {
            if (member.key == R"("function_call")") {
                add_function_call(member.value);
            } else {
                fields_.add(member, room);
            }
        }
    }

    [[nodiscard]] RawJson json() const {
        if (name_.empty() && arguments_.empty()) return fields_.json();
        std::string members = fields_.members();
        if (!members.empty()) members += ',';
        return RawJson::trusted("{" + members + R"("function_call":{"name":")" + name_ +
                                R"(","arguments":")" + arguments_ + "\"}}");
    }

private:
    void add_function_call(std::string_view call) {
        if (!call.starts_with('{')) return;
        for (const JsonMember& member : members_of(call)) {
            const bool is_text = member.value.starts_with('"');
            const auto text =
                is_text ? member.value.substr(1, member.value.size() - 2) : std::string_view();
            if (member.key == R"("name")" && name_.empty()) name_ = text;
            if (member.key == R"("arguments")") {
                arguments_ += is_text ? std::string(text) : escaped(member.value);  // A3
            }
        }
    }

    MergedObject fields_{};
    std::string name_{};       ///< Of the function call, as it is written in JSON,
    std::string arguments_{};  ///< and its arguments.
};

}  // namespace cloud_backend::detail
