#pragma once

#include <cloud_backend/chat.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/options.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

// A stream as events, for those who would rather not take chunks apart. What an event points to
// lives until its handler returns.
namespace cloud_backend {

/// A choice gains text.
struct TextEvent {
    int choice = 0;  ///< Its index.
    std::string_view text{};
};

/// A call of a tool begins: its name is known. An id that the server sends later is still empty.
struct ToolCallStartedEvent {
    int choice = 0;
    std::size_t position = 0;  ///< Of the call in `Message::tool_calls`.
    std::string_view id{};
    std::string_view name{};
};

/// A call of a tool gains a piece of its arguments.
struct ToolCallArgumentsEvent {
    int choice = 0;
    std::size_t position = 0;
    std::string_view text{};
};

/// A call of a tool is whole.
struct ToolCallDoneEvent {
    int choice = 0;
    std::size_t position = 0;
    const ToolCall& call;
};

/// A choice has told why it ends.
struct FinishEvent {
    int choice = 0;
    std::string_view reason{};  ///< As in `ChunkChoice::finish_reason`.
};

/// What is to be told of; an empty function is not told. They run on the thread that made the call.
///
/// Of one call they are told in the order started, arguments (all of them, in pieces), done; each
/// call of a choice is done before the choice finishes. One that a choice cut by its token limit or
/// a content filter breaks off in ("length", "content_filter") is never done. Choices may take
/// turns, and so may the calls of one choice.
struct StreamEventHandlers {
    std::function<void(const TextEvent&)> on_content{};
    std::function<void(const TextEvent&)> on_reasoning{};
    std::function<void(const TextEvent&)> on_refusal{};
    std::function<void(const ToolCallStartedEvent&)> on_tool_call_started{};
    std::function<void(const ToolCallArgumentsEvent&)> on_tool_call_arguments{};
    std::function<void(const ToolCallDoneEvent&)> on_tool_call_done{};
    /// Most servers tell it only if `ChatRequest::stream_options` asks for it; some tell it often:
    /// the last counts.
    std::function<void(const Usage&)> on_usage{};
    std::function<void(const FinishEvent&)> on_finish{};
};

/// Turns chunks into events. For a call that needs more than `stream_events` does; `run_tools`
/// takes handlers itself, since it asks for several streams:
///
///     StreamEvents events(handlers);
///     const auto answer = backend.chat_completion(request, std::ref(events));
///     events.finish();
///
/// Not copied, since it remembers what it has told: hence `std::ref`. Not thread-safe. After an
/// exception of a handler it is of no more use.
class CLOUD_BACKEND_EXPORT StreamEvents {
public:
    /// Of the handlers to tell, which live as long as this.
    explicit StreamEvents(StreamEventHandlers handlers);
    ~StreamEvents();
    StreamEvents(StreamEvents&&) noexcept;
    StreamEvents& operator=(StreamEvents&&) noexcept;

    /// Tells what the chunk says.
    ///
    /// A call of a tool is done when the next one of its choice starts and its arguments are whole
    /// JSON by then, else when the choice finishes: servers may write several calls in turns. Each
    /// is done once; what a server should add to it afterwards is not told, and stands in the
    /// completion only.
    void operator()(const ChatChunk& chunk);
    /// The stream has ended well: the calls that are not done yet are, and the next chunk begins
    /// another stream. Not called, as after an error, it leaves them without an end.
    void finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Asks any backend for a streamed answer, tells its events while it comes and returns it whole.
///
/// Handlers return nothing, so that each is only about its event. To end the stream early, request
/// it of `CallOptions::stop`, which a handler may do: the call throws `CancelledError`, whose
/// `partial()` is the answer so far. To end it without an error, give the backend a callback of
/// one's own that passes the chunks on to a `StreamEvents`, and returns false.
///
/// Throws what `ChatBackend::chat_completion` throws; no call of a tool is done then that was not
/// before. Exceptions of handlers end the call and pass unchanged (SPEC T7).
CLOUD_BACKEND_EXPORT ChatCompletion stream_events(ChatBackend& backend, const ChatRequest& request,
                                                  StreamEventHandlers handlers,
                                                  const CallOptions& options = {});

}  // namespace cloud_backend
