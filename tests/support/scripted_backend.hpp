#pragma once

#include <cloud_backend/chat_backend.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend::test {

inline ChatChunk role_chunk() {
    return {.choices = {{.delta = {.role = Role::assistant}}}};
}

inline ChatChunk content_chunk_of(std::string text) {
    return {.choices = {{.delta = {.content = std::move(text)}}}};
}

inline ChatCompletion completion_of(std::string text) {
    return {.choices = {{.message = Message::assistant(std::move(text)), .finish_reason = "stop"}}};
}

/// A backend that does what a test tells it to, and notes how it was asked.
class ScriptedBackend final : public ChatBackend {
public:
    using Script = std::function<ChatCompletion(const ChunkCallback& on_chunk)>;

    explicit ScriptedBackend(Script script) : script_(std::move(script)) {}

    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options = {}) override {
        return chat_completion(
            request, [](const ChatChunk&) {}, options);
    }
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options = {}) override {
        models.push_back(request.model);
        asked_with.push_back(options);
        return script_(on_chunk);
    }
    std::optional<ErrorDetails> unavailable(std::string_view) const override { return refusal; }

    std::optional<ErrorDetails> refusal{};
    std::vector<std::string> models{};  ///< It was asked for.
    std::vector<CallOptions> asked_with{};

private:
    Script script_;
};

}  // namespace cloud_backend::test
