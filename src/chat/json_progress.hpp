#pragma once

#include "core/ascii.hpp"

#include <cstddef>
#include <string_view>

namespace cloud_backend::detail {

/// Notices when a JSON object or list that comes in pieces is whole; looks at each byte once.
class JsonProgress {
public:
    void add(std::string_view piece) {
        for (const char c : piece) add(c);
    }
    [[nodiscard]] bool whole() const { return state_ == State::whole; }

private:
    enum class State { begin, open, whole, broken };

    void add(char c) {
        if (state_ == State::open) {
            add_inside(c);
        } else if (!trim({&c, 1}).empty()) {
            const bool begins = state_ == State::begin && (c == '{' || c == '[');
            state_ = begins ? State::open : State::broken;
            depth_ = 1;
        }
    }

    void add_inside(char c) {
        if (escaped_) {
            escaped_ = false;
        } else if (in_string_) {
            escaped_ = c == '\\';
            in_string_ = c != '"';
        } else if (c == '"') {
            in_string_ = true;
        } else if (c == '{' || c == '[') {
            ++depth_;
        } else if ((c == '}' || c == ']') && --depth_ == 0) {
            state_ = State::whole;
        }
    }

    State state_ = State::begin;
    bool in_string_ = false;
    bool escaped_ = false;
    std::size_t depth_ = 0;
};

}  // namespace cloud_backend::detail
