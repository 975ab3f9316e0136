#include "async/blocking_call.hpp"
#include "async/blocking_stream.hpp"

#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/error.hpp>

#include <memory>
#include <utility>

namespace cloud_backend {

void ChunkCallback::throw_empty() {
    throw ConfigError("the chunk callback is empty");
}

ChatBackend::~ChatBackend() = default;

namespace {

/// `backend` must outlive it.
detail::BlockingCall blocking_call(ChatBackend& backend, const ChatRequest& request) {
    return [&backend, request](const ChunkCallback* on_chunk, const CallOptions& options) {
        return on_chunk == nullptr ? backend.chat_completion(request, options)
                                   : backend.chat_completion(request, *on_chunk, options);
    };
}

}  // namespace

CallHandle ChatBackend::chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                              const CallOptions& options) {
    const CallSource source(options.stop);
    CallHandle handle = source.handle();
    detail::call_on_thread(source, blocking_call(*this, request), std::move(handlers), options);
    return handle;
}

std::future<ChatCompletion> ChatBackend::chat_completion_future(const ChatRequest& request,
                                                                const CallOptions& options) {
    const auto promise = std::make_shared<std::promise<ChatCompletion>>();
    auto answer = promise->get_future();
    chat_completion_async(
        request,
        {.on_done =
             [promise](ChatCompletion completion) { promise->set_value(std::move(completion)); },
         .on_error = [promise](const std::exception_ptr& error) { promise->set_exception(error); }},
        options);
    return answer;
}

ChatStream ChatBackend::stream(const ChatRequest& request, const CallOptions& options) {
    return ChatStream(
        std::make_unique<detail::BlockingStream>(blocking_call(*this, request), options));
}

}  // namespace cloud_backend
