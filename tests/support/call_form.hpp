#pragma once

#include <cloud_backend/async_call.hpp>
#include <cloud_backend/chat_backend.hpp>

#include <cstdlib>
#include <exception>
#include <future>

namespace cloud_backend::test {

/// Tests of what both forms of a call have in common are run twice; this tells which one they make.
inline bool calls_are_asynchronous() {
    const char* form = std::getenv("CLOUD_BACKEND_TEST_ASYNCHRONOUS");
    return form != nullptr && *form != '\0';
}

/// Asks in that form, and waits for the end.
inline ChatCompletion complete(ChatBackend& backend, const ChatRequest& request,
                               const CallOptions& options = {}) {
    if (!calls_are_asynchronous()) return backend.chat_completion(request, options);
    return backend.chat_completion_future(request, options).get();
}

inline ChatCompletion complete(ChatBackend& backend, const ChatRequest& request,
                               const ChunkCallback& on_chunk, const CallOptions& options = {}) {
    if (!calls_are_asynchronous()) return backend.chat_completion(request, on_chunk, options);
    std::promise<ChatCompletion> answer;
    backend
        .chat_completion_async(
            request,
            {.on_chunk = on_chunk,
             .on_done = [&](ChatCompletion whole) { answer.set_value(std::move(whole)); },
             .on_error = [&](const std::exception_ptr& error) { answer.set_exception(error); }},
            options)
        .wait();
    return answer.get_future().get();
}

}  // namespace cloud_backend::test
