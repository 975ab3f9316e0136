#include <cloud_backend/chat_completion.hpp>

namespace cloud_backend {

namespace {

const ChunkChoice* find_first_choice(const ChatChunk& chunk) noexcept {
    for (const ChunkChoice& choice : chunk.choices) {
        if (choice.index == 0) return &choice;
    }
    return nullptr;
}

}  // namespace

std::string_view ChatChunk::content() const noexcept {
    const ChunkChoice* const choice = find_first_choice(*this);
    return choice == nullptr ? std::string_view() : choice->delta.content;
}

std::string_view ChatChunk::reasoning() const noexcept {
    const ChunkChoice* const choice = find_first_choice(*this);
    return choice == nullptr ? std::string_view() : choice->delta.reasoning;
}

std::string_view ChatChunk::finish_reason() const noexcept {
    const ChunkChoice* const choice = find_first_choice(*this);
    return choice == nullptr ? std::string_view() : choice->finish_reason;
}

std::string_view ChatCompletion::content() const noexcept {
    return choices.empty() ? std::string_view() : choices.front().message.content;
}

std::string_view ChatCompletion::reasoning() const noexcept {
    return choices.empty() ? std::string_view() : choices.front().message.reasoning;
}

std::string_view ChatCompletion::finish_reason() const noexcept {
    return choices.empty() ? std::string_view() : choices.front().finish_reason;
}

}  // namespace cloud_backend
