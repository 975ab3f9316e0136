#pragma once

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/chat_backend.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

// Asynchronous calls for C++20 coroutines. Included only by those who have some.
namespace cloud_backend {

/// What `async` gives to `co_await`, once.
class ChatAwaitable {
public:
    /// Copies `request` and `options`; `backend` must outlive the wait. See `async`.
    ChatAwaitable(ChatBackend& backend, const ChatRequest& request,
                  std::optional<ChunkCallback> on_chunk, const CallOptions& options)
        : call_(new Call{backend, request, std::move(on_chunk), options}) {}

    /// For `co_await`: never, since waiting is what starts the call.
    // Not static: what compilers make of `co_await` calls it on an object.
    // NOLINTNEXTLINE(readability-convert-member-functions-to-static)
    [[nodiscard]] constexpr bool await_ready() const noexcept { return false; }

    /// For `co_await`: starts the call, which resumes `coroutine` on the thread that drives it.
    void await_suspend(std::coroutine_handle<> coroutine) {
        // The coroutine may go on, and be over, before the call has been started in full.
        Call& call = *call_;
        const auto go_on = [&call, coroutine](Result result) {
            call.result = std::move(result);
            coroutine.resume();
        };
        call.backend.chat_completion_async(
            call.request,
            {.on_chunk = std::move(call.on_chunk), .on_done = go_on, .on_error = go_on},
            call.options);
    }

    /// For `co_await`: the answer. Throws what the blocking form throws.
    [[nodiscard]] ChatCompletion await_resume() {
        if (auto* thrown = std::get_if<std::exception_ptr>(&call_->result)) {
            std::rethrow_exception(std::move(*thrown));
        }
        return std::get<ChatCompletion>(std::move(call_->result));
    }

private:
    using Result = std::variant<std::monostate, ChatCompletion, std::exception_ptr>;

    struct Call {
        ChatBackend& backend;
        ChatRequest request;
        std::optional<ChunkCallback> on_chunk;
        CallOptions options;
        Result result{};
    };

    /// Apart, since g++ 12 moves what is awaited byte by byte.
    std::unique_ptr<Call> call_;
};

/// `co_await async(backend, request)` gives the answer, or throws what the blocking form throws.
///
/// The coroutine goes on where handlers run (see `CallHandlers`): on the thread that drives the
/// call, so it must not block it. Whoever destroys `backend` cancels the call, and the coroutine
/// goes on with `CancelledError`. A coroutine that waits must not be destroyed: cancel its call, by
/// `CallOptions::stop`.
///
/// Name the request, or have a function make it: g++ up to 12 at least miscompiles a temporary that
/// is made by braces, such as `ChatRequest{...}`, within the expression that is awaited.
[[nodiscard]] inline ChatAwaitable async(ChatBackend& backend, const ChatRequest& request,
                                         const CallOptions& options) {
    return {backend, request, std::nullopt, options};
}

/// The same, with the options of the client.
[[nodiscard]] inline ChatAwaitable async(ChatBackend& backend, const ChatRequest& request) {
    return async(backend, request, CallOptions{});
}

/// The same, streamed: the chunks go to `on_chunk` meanwhile.
[[nodiscard]] inline ChatAwaitable async(ChatBackend& backend, const ChatRequest& request,
                                         ChunkCallback on_chunk, const CallOptions& options) {
    return {backend, request, std::move(on_chunk), options};
}

/// The same, streamed, with the options of the client.
[[nodiscard]] inline ChatAwaitable async(ChatBackend& backend, const ChatRequest& request,
                                         ChunkCallback on_chunk) {
    return async(backend, request, std::move(on_chunk), CallOptions{});
}

}  // namespace cloud_backend
