#include "chat/finish_reason.hpp"
#include "chat/merged_json.hpp"
#include "chat/tool_calls.hpp"

#include <cloud_backend/stream_events.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend {

namespace {

template <class Event>
void tell(const std::function<void(const Event&)>& handler, const Event& event) {
    if (handler) handler(event);
}

void tell_text(const std::function<void(const TextEvent&)>& handler, int choice,
               std::string_view text) {
    if (!text.empty()) tell(handler, {.choice = choice, .text = text});
}

/// The events of one choice.
class ChoiceEvents {
public:
    void add(const ChunkChoice& choice, const StreamEventHandlers& handlers) {
        index_ = choice.index;
        const Delta& delta = choice.delta;
        tell_text(handlers.on_reasoning, index_, delta.reasoning);
        tell_text(handlers.on_content, index_, delta.content);
        tell_text(handlers.on_refusal, index_, delta.refusal);
        for (const ToolCallDelta& call : delta.tool_calls) add(call, handlers);
        if (choice.finish_reason.empty() || finished_) return;
        finished_ = true;  // A5
        ended_early_ = detail::ended_early(choice.finish_reason);
        finish_calls(handlers);
        tell(handlers.on_finish, {.choice = index_, .reason = choice.finish_reason});
    }

    void finish_calls(const StreamEventHandlers& handlers) {
        for (std::size_t position = 0; position < told_.size(); ++position) {
            if (ended_early_) {
                finish_if_whole(position, handlers);
            } else if (!told_[position].done) {
                finish_call(position, handlers);
            }
        }
    }

private:
    /// What was told of a call.
    struct Told {
        bool started = false;
        std::size_t arguments = 0;  ///< Bytes.
        bool done = false;
    };

    void add(const ToolCallDelta& delta, const StreamEventHandlers& handlers) {
        const auto position = calls_.add(delta, room_);
        if (!position) return;
        if (*position == told_.size()) {
            if (!told_.empty()) finish_if_whole(*position - 1, handlers);
            told_.emplace_back();
        }
        if (!told_[*position].done && !calls_.peek(*position).name.empty()) {
            tell_progress(*position, handlers);
        }
    }

    void finish_if_whole(std::size_t position, const StreamEventHandlers& handlers) {
        const Told& told = told_[position];
        if (told.started && !told.done && calls_.has_whole_arguments(position)) {
            finish_call(position, handlers);
        }
    }

    void finish_call(std::size_t position, const StreamEventHandlers& handlers) {
        tell_progress(position, handlers);
        told_[position].done = true;
        if (!handlers.on_tool_call_done) return;
        const ToolCall call = calls_.result(position);
        handlers.on_tool_call_done({.choice = index_, .position = position, .call = call});
    }

    void tell_progress(std::size_t position, const StreamEventHandlers& handlers) {
        Told& told = told_[position];
        const ToolCall& call = calls_.peek(position);
        if (!std::exchange(told.started, true)) {
            tell(handlers.on_tool_call_started,
                 {.choice = index_, .position = position, .id = call.id, .name = call.name});
        }
        const auto text = std::string_view(call.arguments).substr(told.arguments);
        told.arguments = call.arguments.size();
        if (text.empty()) return;
        tell(handlers.on_tool_call_arguments,
             {.choice = index_, .position = position, .text = text});
    }

    int index_ = 0;
    detail::ToolCalls calls_{};
    detail::Room room_{};
    std::vector<Told> told_{};  ///< By position.
    bool finished_ = false;
    bool ended_early_ = false;
};

}  // namespace

struct StreamEvents::Impl {
    StreamEventHandlers handlers;
    std::map<int, ChoiceEvents> choices{};
};

StreamEvents::StreamEvents(StreamEventHandlers handlers)
    : impl_(std::make_unique<Impl>(Impl{.handlers = std::move(handlers)})) {}

StreamEvents::~StreamEvents() = default;
StreamEvents::StreamEvents(StreamEvents&&) noexcept = default;
StreamEvents& StreamEvents::operator=(StreamEvents&&) noexcept = default;

void StreamEvents::operator()(const ChatChunk& chunk) {
    for (const ChunkChoice& choice : chunk.choices) {
        impl_->choices[choice.index].add(choice, impl_->handlers);
    }
    if (chunk.usage) tell(impl_->handlers.on_usage, *chunk.usage);
}

void StreamEvents::finish() {
    for (auto& [index, choice] : impl_->choices) choice.finish_calls(impl_->handlers);
    impl_->choices.clear();
}

ChatCompletion stream_events(ChatBackend& backend, const ChatRequest& request,
                             StreamEventHandlers handlers, const CallOptions& options) {
    StreamEvents events(std::move(handlers));
    const auto tell = [&events](const ChatChunk& chunk) { events(chunk); };
    ChatCompletion completion = backend.chat_completion(request, tell, options);
    events.finish();
    return completion;
}

}  // namespace cloud_backend
