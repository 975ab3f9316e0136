#include "chat/merged_json.hpp"
#include "core/ascii.hpp"

#include <cloud_backend/chat_accumulator.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend {

namespace {

/// A2, A7
void set_once(std::string& target, const std::string& value) {
    if (target.empty()) target = value;
}

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
        } else if (!detail::trim({&c, 1}).empty()) {
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

struct CallState {
    ToolCall call{.type = {}};
    JsonProgress arguments{};
    detail::MergedObject extra{};

    void add(const ToolCallDelta& delta, detail::Room& room) {
        set_once(call.id, delta.id);
        set_once(call.type, delta.type);
        set_once(call.name, delta.name);
        call.arguments += delta.arguments;  // A3
        arguments.add(delta.arguments);
        extra.add(delta.extra, room);
    }

    [[nodiscard]] ToolCall result() const {
        ToolCall whole = call;
        if (whole.type.empty()) whole.type = "function";
        whole.extra = extra.json();
        return whole;
    }
};

/// The tool calls of one choice, in order of their first appearance (A4).
class ToolCalls {
public:
    void add(const ToolCallDelta& delta, detail::Room& room) {
        auto position = find(delta);
        if (!position || opens_another(calls_[*position], delta)) {
            if (!room.take()) return;
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
    }

    [[nodiscard]] std::vector<ToolCall> result() const {
        std::vector<ToolCall> whole;
        for (const CallState& call : calls_) whole.push_back(call.result());
        return whole;
    }

private:
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
    static bool opens_another(const CallState& state, const ToolCallDelta& delta) {
        const bool new_id = !delta.id.empty() && delta.id != state.call.id;
        if (!new_id || delta.name.empty()) return false;
        const bool other_name = !state.call.name.empty() && delta.name != state.call.name;
        return other_name || state.arguments.whole();
    }

    std::vector<CallState> calls_{};
    std::map<std::string, std::size_t> by_id_{};
    std::map<int, std::size_t> youngest_at_index_{};
};

struct ChoiceState {
    explicit ChoiceState(int at) : index(at) {}

    int index;
    std::optional<Role> role{};
    std::string content{};
    std::string reasoning{};
    std::string refusal{};
    std::string finish_reason{};
    ToolCalls tool_calls{};
    detail::MessageExtra extra{};
    detail::MergedObject logprobs{};
    detail::MergedArray annotations{};
    detail::Room room{};

    void add(const ChunkChoice& choice) {
        const Delta& delta = choice.delta;
        if (!role) role = delta.role;
        content += delta.content;
        reasoning += delta.reasoning;
        refusal += delta.refusal;
        for (const ToolCallDelta& call : delta.tool_calls) tool_calls.add(call, room);
        extra.add(delta.extra, room);
        logprobs.add(choice.logprobs, room);  // A9
        annotations.add(delta.annotations);
        set_once(finish_reason, choice.finish_reason);  // A5
    }

    [[nodiscard]] Choice result() const {
        Choice choice;
        choice.index = index;
        choice.message = {.role = role.value_or(Role::assistant),  // A12
                          .content = content,
                          .tool_calls = tool_calls.result(),
                          .reasoning = reasoning,
                          .refusal = refusal,
                          .annotations = annotations.json(),
                          .extra = extra.json()};
        choice.finish_reason = finish_reason;
        choice.logprobs = logprobs.json();
        return choice;
    }
};

}  // namespace

struct ChatAccumulator::Impl {
    ChatCompletion head{};               ///< All but the choices and `extra`.
    std::vector<ChoiceState> choices{};  ///< By index.
    detail::MergedObject extra{};
    detail::Room room{};  ///< For `extra`.

    ChoiceState& choice_at(int index) {
        const auto at = std::ranges::lower_bound(choices, index, {}, &ChoiceState::index);
        if (at != choices.end() && at->index == index) return *at;
        return *choices.insert(at, ChoiceState(index));
    }
};

ChatAccumulator::ChatAccumulator() = default;
ChatAccumulator::~ChatAccumulator() = default;
ChatAccumulator::ChatAccumulator(ChatAccumulator&&) noexcept = default;
ChatAccumulator& ChatAccumulator::operator=(ChatAccumulator&&) noexcept = default;

ChatAccumulator::Status ChatAccumulator::add(const ChatChunk& chunk) {
    if (!impl_) impl_ = std::make_unique<Impl>();
    ChatCompletion& head = impl_->head;
    set_once(head.id, chunk.id);
    set_once(head.model, chunk.model);
    if (head.created == 0) head.created = chunk.created;
    if (!chunk.service_tier.empty()) head.service_tier = chunk.service_tier;
    if (!chunk.system_fingerprint.empty()) head.system_fingerprint = chunk.system_fingerprint;
    if (chunk.usage) head.usage = chunk.usage;  // A6
    bool exceeded = false;
    for (const ChunkChoice& choice : chunk.choices) {
        ChoiceState& state = impl_->choice_at(choice.index);
        state.add(choice);
        exceeded |= state.room.exceeded();
    }
    impl_->extra.add(chunk.extra, impl_->room);
    return exceeded || impl_->room.exceeded() ? Status::too_many_parts : Status::ok;
}

bool ChatAccumulator::finished(int expected_choices) const noexcept {
    if (!impl_) return false;
    const auto& choices = impl_->choices;
    return static_cast<int>(choices.size()) >= std::max(expected_choices, 1) &&
           std::ranges::none_of(choices, &std::string::empty, &ChoiceState::finish_reason);
}

ChatCompletion ChatAccumulator::completion() const {
    if (!impl_) return {};
    ChatCompletion whole = impl_->head;
    for (const ChoiceState& choice : impl_->choices) whole.choices.push_back(choice.result());
    whole.extra = impl_->extra.json();
    return whole;
}

void ChatAccumulator::reset() {
    impl_.reset();
}

}  // namespace cloud_backend
