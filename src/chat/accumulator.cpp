#include "chat/merged_json.hpp"
#include "chat/tool_calls.hpp"

#include <cloud_backend/chat_accumulator.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend {

namespace {

struct ChoiceState {
    explicit ChoiceState(int at) : index(at) {}

    int index;
    std::optional<Role> role{};
    std::string content{};
    std::vector<ContentPart> parts{};
    std::string reasoning{};
    std::string refusal{};
    std::optional<AudioAnswer> audio{};
    std::string finish_reason{};
    detail::ToolCalls tool_calls{};
    detail::MessageExtra message_extra{};
    detail::MergedObject logprobs{};
    detail::MergedObject choice_extra{};
    detail::MergedArray annotations{};
    detail::Room room{};

    void add(const ChunkChoice& choice) {
        const Delta& delta = choice.delta;
        if (!role) role = delta.role;
        content += delta.content;
        reasoning += delta.reasoning;
        refusal += delta.refusal;
        for (const ContentPart& part : delta.parts) {
            if (room.take()) parts.push_back(part);
        }
        if (delta.audio) add(*delta.audio);
        for (const ToolCallDelta& call : delta.tool_calls) tool_calls.add(call, room);
        message_extra.add(delta.extra, room);
        logprobs.add(choice.logprobs, room);  // A9
        choice_extra.add(choice.extra, room);
        annotations.add(delta.annotations);
        detail::set_once(finish_reason, choice.finish_reason);  // A5
    }

    void add(const AudioAnswer& piece) {
        if (!audio) audio.emplace();
        detail::set_once(audio->id, piece.id);
        audio->data += piece.data;
        audio->transcript += piece.transcript;
        if (piece.expires_at != 0) audio->expires_at = piece.expires_at;
    }

    [[nodiscard]] Choice take() {
        Choice choice;
        choice.index = index;
        choice.message = {.role = role.value_or(Role::assistant),  // A12
                          .content = std::move(content),
                          .parts = std::move(parts),
                          .tool_calls = tool_calls.result(),
                          .reasoning = std::move(reasoning),
                          .refusal = std::move(refusal),
                          .audio = std::move(audio),
                          .annotations = annotations.json(),
                          .extra = message_extra.json()};
        choice.finish_reason = std::move(finish_reason);
        choice.logprobs = logprobs.json();
        choice.extra = choice_extra.json();
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

    [[nodiscard]] ChatCompletion take() {
        for (ChoiceState& choice : choices) head.choices.push_back(choice.take());
        head.extra = extra.json();
        return std::move(head);
    }
};

ChatAccumulator::ChatAccumulator() = default;
ChatAccumulator::~ChatAccumulator() = default;
ChatAccumulator::ChatAccumulator(ChatAccumulator&&) noexcept = default;
ChatAccumulator& ChatAccumulator::operator=(ChatAccumulator&&) noexcept = default;

ChatAccumulator::Status ChatAccumulator::add(const ChatChunk& chunk) {
    if (!impl_) impl_ = std::make_unique<Impl>();
    ChatCompletion& head = impl_->head;
    detail::set_once(head.id, chunk.id);
    detail::set_once(head.model, chunk.model);
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

AnswerInfo ChatAccumulator::info() const noexcept {
    if (!impl_) return {};
    const ChatCompletion& head = impl_->head;
    const auto& choices = impl_->choices;
    return {.id = head.id,
            .model = head.model,
            .finish_reason = choices.empty() ? std::string_view() : choices.front().finish_reason,
            .usage = head.usage ? &*head.usage : nullptr};
}

ChatCompletion ChatAccumulator::completion() const {
    return impl_ ? Impl(*impl_).take() : ChatCompletion();
}

ChatCompletion ChatAccumulator::take() {
    const auto taken = std::move(impl_);
    return taken ? taken->take() : ChatCompletion();
}

void ChatAccumulator::reset() {
    impl_.reset();
}

}  // namespace cloud_backend
