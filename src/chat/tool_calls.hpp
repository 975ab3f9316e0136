#pragma once

#include "chat/json_progress.hpp"
#include "chat/merged_json.hpp"

#include <cloud_backend/chat.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cloud_backend::detail {

/// The first that says something stays (A2, A7).
inline void set_once(std::string& target, const std::string& value) {
    if (target.empty()) target = value;
}

/// The tool calls of one choice of a stream, in order of their first appearance (A1 to A4). Inline:
/// a function apart cost the accumulator a fifth per piece.
class ToolCalls {
public:
    /// Adds to the call that `delta` belongs to, or opens one. Says which; empty when there was no
    /// room for another.
    std::optional<std::size_t> add(const ToolCallDelta& delta, Room& room) {
        auto position = find(delta);
        if (!position || opens_another(calls_[*position], delta)) {
            if (!room.take()) return std::nullopt;
            position = calls_.size();
            calls_.emplace_back();
            youngest_at_index_[delta.index.value_or(0)] = *position;
        }
        // A2: a continuing delta's other id names nothing.
        if (calls_[*position].call.id.empty() && !delta.id.empty()) {
            by_id_.try_emplace(delta.id, *position);
        }
        if (delta.index && !youngest_at_index_.contains(*delta.index) && room.take()) {
            youngest_at_index_.emplace(*delta.index, *position);
        }
        calls_[*position].add(delta, room);
        return position;
    }

    /// The call so far, but for its unknown fields and the default of its type.
    [[nodiscard]] const ToolCall& peek(std::size_t position) const { return calls_[position].call; }
    /// Its arguments are a whole JSON object or list.
    [[nodiscard]] bool has_whole_arguments(std::size_t position) const {
        return calls_[position].arguments.whole();
    }
    [[nodiscard]] ToolCall result(std::size_t position) const { return calls_[position].result(); }
    [[nodiscard]] std::vector<ToolCall> result() const {
        std::vector<ToolCall> whole;
        for (const State& state : calls_) whole.push_back(state.result());
        return whole;
    }

private:
    struct State {
        ToolCall call{.type = {}};
        JsonProgress arguments{};
        MergedObject function_extra{};
        MergedObject extra{};

        void add(const ToolCallDelta& delta, Room& room) {
            set_once(call.id, delta.id);
            set_once(call.type, delta.type);
            set_once(call.name, delta.name);
            call.arguments += delta.arguments;  // A3
            arguments.add(delta.arguments);
            function_extra.add(delta.function_extra, room);
            extra.add(delta.extra, room);
        }

        [[nodiscard]] ToolCall result() const {
            ToolCall whole = call;
            if (whole.type.empty()) whole.type = "function";
            whole.function_extra = function_extra.json();
            whole.extra = extra.json();
            return whole;
        }
    };

    /// A1: a known id; else the index, which stands for the youngest call that used it. A piece
    /// that says neither, nor a name, belongs to the last call opened.
    [[nodiscard]] std::optional<std::size_t> find(const ToolCallDelta& delta) const {
        const auto known = by_id_.find(delta.id);
        if (known != by_id_.end()) return known->second;
        const bool anonymous = !delta.index && delta.id.empty() && delta.name.empty();
        if (anonymous && !calls_.empty()) return calls_.size() - 1;
        const auto at_index = youngest_at_index_.find(delta.index.value_or(0));
        if (at_index == youngest_at_index_.end()) return std::nullopt;
        return at_index->second;
    }

    /// A1: servers reuse an index for the next call; what has no name goes on.
    static bool opens_another(const State& state, const ToolCallDelta& delta) {
        const bool new_id = !delta.id.empty() && delta.id != state.call.id;
        if (!new_id || delta.name.empty()) return false;
        const bool other_name = !state.call.name.empty() && delta.name != state.call.name;
        return other_name || state.arguments.whole();
    }

    std::vector<State> calls_{};
    std::map<std::string, std::size_t> by_id_{};
    std::map<int, std::size_t> youngest_at_index_{};
};

}  // namespace cloud_backend::detail
