#pragma once

#include <cloud_backend/chat_backend.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

// Asynchronous calls without threads and sockets: whoever has the queue says when one goes on, and
// on which thread.
namespace cloud_backend::test {

/// What waits to be run. Thread-safe.
class CallQueue {
public:
    void push(std::function<void()> job) {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return jobs_.size();
    }
    /// Runs one of them, on this thread; false: there is none at this place.
    bool run(std::size_t index = 0) {
        std::function<void()> job;
        {
            const std::lock_guard lock(mutex_);
            if (index >= jobs_.size()) return false;
            const auto chosen = jobs_.begin() + static_cast<std::ptrdiff_t>(index);
            job = std::move(*chosen);
            jobs_.erase(chosen);
        }
        job();
        return true;
    }
    void run_all() {
        while (run()) {
        }
    }

private:
    mutable std::mutex mutex_{};
    std::deque<std::function<void()>> jobs_{};
};

/// Makes the asynchronous calls of a backend by its blocking form, when their turn comes in the
/// queue. Written as a user would, with what is public.
class QueuedBackend final : public ChatBackend {
public:
    QueuedBackend(CallQueue& queue, std::shared_ptr<ChatBackend> backend)
        : queue_(queue), backend_(std::move(backend)) {}

    ChatCompletion chat_completion(const ChatRequest& request,
                                   const CallOptions& options = {}) override {
        return backend_->chat_completion(request, options);
    }
    ChatCompletion chat_completion(const ChatRequest& request, const ChunkCallback& on_chunk,
                                   const CallOptions& options = {}) override {
        return backend_->chat_completion(request, on_chunk, options);
    }
    CallHandle chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                     const CallOptions& options = {}) override {
        const CallSource source(options.stop);
        queue_.push([backend = backend_, source, request, handlers = std::move(handlers),
                     own = options]() mutable {
            own.stop = source.stop_token();
            run(*backend, request, handlers, own);
            handlers = {};
            source.set_done();
        });
        return source.handle();
    }
    std::optional<ErrorDetails> unavailable(std::string_view model) const override {
        return backend_->unavailable(model);
    }

private:
    static void run(ChatBackend& backend, const ChatRequest& request, const CallHandlers& handlers,
                    const CallOptions& options) {
        std::optional<ChatCompletion> answer;
        std::exception_ptr error;
        try {
            answer = handlers.on_chunk
                         ? backend.chat_completion(request, *handlers.on_chunk, options)
                         : backend.chat_completion(request, options);
        } catch (...) {
            error = std::current_exception();
        }
        if (answer) {
            handlers.on_done(std::move(*answer));
        } else {
            handlers.on_error(error);
        }
    }

    CallQueue& queue_;
    std::shared_ptr<ChatBackend> backend_;
};

/// An asynchronous call as if it blocked: runs the queue until it is done. `on_chunk` is null when
/// the whole answer is asked for.
inline ChatCompletion run_async(ChatBackend& backend, CallQueue& queue, const ChatRequest& request,
                                const ChunkCallback* on_chunk, const CallOptions& options = {}) {
    std::optional<ChatCompletion> answer;
    std::exception_ptr error;
    int ends = 0;
    CallHandlers handlers{.on_done =
                              [&](ChatCompletion completion) {
                                  answer = std::move(completion);
                                  ++ends;
                              },
                          .on_error =
                              [&](std::exception_ptr thrown) {
                                  error = std::move(thrown);
                                  ++ends;
                              }};
    if (on_chunk != nullptr) handlers.on_chunk = *on_chunk;
    const CallHandle call = backend.chat_completion_async(request, std::move(handlers), options);
    if (ends != 0) throw std::logic_error("a handler was called before the call had begun");
    queue.run_all();
    if (!call.done() || ends != 1) throw std::logic_error("not one end of an asynchronous call");
    if (error) std::rethrow_exception(error);
    return std::move(*answer);
}

}  // namespace cloud_backend::test
