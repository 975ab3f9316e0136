#pragma once

#include <cloud_backend/callable_tool.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/clock.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/stream_events.hpp>

#include <functional>
#include <string_view>
#include <vector>

namespace cloud_backend {

/// What run_tools() does, told as it happens. Valid while the callback runs.
struct ToolStep {
    /// What happens.
    enum class Kind {
        asking,    ///< A round begins.
        answered,  ///< The model's answer is there.
        calling,   ///< A tool is called next.
        called,    ///< Its result stands in the conversation.
    };

    Kind kind{};
    int round = 0;                           ///< From 1; 0 for calls that an earlier run left.
    const ChatCompletion* answer = nullptr;  ///< Of `answered`.
    const ToolCall* call = nullptr;          ///< Of `calling` and `called`.
    std::string_view result{};               ///< Of `called`: what the model is told.
    bool failed = false;                     ///< Of `called`: that is an error.
};

/// How far `run_tools` goes, and who is told.
struct RunToolsOptions {
    /// Requests at most, retries of one aside. The calls of the last answer are still made, so that
    /// the conversation can go on.
    int max_rounds = 10;
    /// For each round. The deadline, if there is one here, is for all rounds together; it stands
    /// still in functions and callbacks. An idempotency key would make a server take the second
    /// round for the first: one here is a `ConfigError`.
    CallOptions call{};
    /// Told each step on the caller's thread. What it throws ends the run and passes unchanged.
    std::function<void(const ToolStep&)> on_step{};
    std::function<TimePoint()> now = Clock::now;
};

/// What came of `run_tools`.
struct ToolRun {
    /// Why it ended.
    enum class End {
        answered,    ///< The last answer calls no tool. It may be cut: see `finish_reason()`.
        max_rounds,  ///< It does, and is the last that was allowed.
        cut,  ///< It does, but its finish reason is "length", "model_length" or "content_filter".
        stopped,  ///< The chunk callback stopped it.
    };

    End end{};
    ChatCompletion completion{};  ///< The last answer.
    int rounds = 0;               ///< Answers received.
    /// Of all rounds together; its `raw` is empty. Most servers tell that of a stream only if
    /// `ChatRequest::stream_options` asks for it.
    Usage usage{};
};

/// Asks the model, calls the tools it asks for, tells it their results, and asks again, until it
/// answers without calling any.
///
/// `request.messages` grows with each answer and each result, and keeps them when an error ends the
/// run: the same request can be given to another run, which makes the calls that have no result
/// yet and goes on. So a function is called once for each call, whatever fails between the rounds;
/// only a call whose function ended the run is made again. Run it before messages are added: no
/// server takes others between calls and their results. What such a run cost, `on_step` alone has
/// told. Answers with calls that were cut, and stopped ones, are not kept there, and the calls they
/// hold are not made; a cut answer without calls is `answered`, and kept. Nothing else of the
/// request changes, and nobody else may change it while this runs.
///
/// - The definitions of `tools` are sent behind those in `request.tools`. A choice of tool other
///   than automatic or none is sent only until a result stands at the end of the conversation: the
///   model would have to call on and on. One in `ChatRequest::extra` is sent as it stands, always.
/// - The calls of an answer's first choice are made on the calling thread, one after the other, in
///   their order, also when the finish reason is "stop".
/// - The model is told "error: ..." when a function fails (see `CallableTool`), when its arguments
///   are not a JSON object, and of a tool that has no function here or no name.
/// - Answers are sent back as they were received, with the role of the assistant; but a call
///   without an id, or with one that another call of the answer has, is given one of the form
///   `call00001`, which all servers take.
/// - Invalid UTF-8 in results becomes U+FFFD.
///
/// Thread-safe if the backend and the functions are, for requests of their own.
///
/// Throws what the backend throws, `CancelledError` when `CallOptions::stop` asks to stop before a
/// round or a call (a function that runs is not interrupted), `ConfigError` for options that make
/// no sense, for a tool without name or function, or with the name of another, and for calls
/// without results that other messages follow.
CLOUD_BACKEND_EXPORT ToolRun run_tools(ChatBackend& backend, ChatRequest& request,
                                       const std::vector<CallableTool>& tools,
                                       const RunToolsOptions& options = {});

/// The same with streamed answers; the chunks of all rounds go to `on_chunk`.
CLOUD_BACKEND_EXPORT ToolRun run_tools(ChatBackend& backend, ChatRequest& request,
                                       const std::vector<CallableTool>& tools,
                                       const ChunkCallback& on_chunk,
                                       const RunToolsOptions& options = {});

/// The same, told as events: those of each round as `stream_events` tells them, before its step
/// `answered`. Ids are as the server sent them.
CLOUD_BACKEND_EXPORT ToolRun run_tools(ChatBackend& backend, ChatRequest& request,
                                       const std::vector<CallableTool>& tools,
                                       StreamEventHandlers handlers,
                                       const RunToolsOptions& options = {});

}  // namespace cloud_backend
