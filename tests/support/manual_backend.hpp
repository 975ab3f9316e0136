#pragma once

#include <cloud_backend/chat_backend.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace cloud_backend::test {

/// A backend whose asynchronous calls a test goes on with by hand, on whichever thread. Starting
/// calls is thread-safe.
class ManualBackend final : public ChatBackend {
public:
    /// One call, whose end is to be told once.
    class Call {
    public:
        Call(ChatRequest request, CallHandlers handlers, CallOptions options)
            : request_(std::move(request)),
              options_(std::move(options)),
              source_(options_.stop),
              handlers_(std::move(handlers)) {}

        [[nodiscard]] const ChatRequest& request() const { return request_; }
        [[nodiscard]] const CallOptions& options() const { return options_; }
        [[nodiscard]] CallHandle handle() const { return source_.handle(); }
        [[nodiscard]] bool is_cancelled() const { return source_.stop_token().stop_requested(); }
        [[nodiscard]] bool is_streamed() const { return handlers_.on_chunk.has_value(); }

        /// To tell an end and keep the handlers.
        [[nodiscard]] const CallHandlers& handlers() const { return handlers_; }
        bool give(const ChatChunk& chunk) const { return (*handlers_.on_chunk)(chunk); }
        void answer(ChatCompletion completion) {
            handlers_.on_done(std::move(completion));
            end();
        }
        void fail(const std::exception_ptr& error) {
            handlers_.on_error(error);
            end();
        }
        void fail(ErrorDetails details) {
            try {
                raise(std::move(details));
            } catch (...) {
                fail(std::current_exception());
            }
        }
        void cancel() { fail({.code = ErrorCode::cancelled, .message = "cancelled"}); }

    private:
        void end() {
            handlers_ = {};
            source_.set_done();
        }

        ChatRequest request_;
        CallOptions options_;
        CallSource source_;
        CallHandlers handlers_;
    };

    ChatCompletion chat_completion(const ChatRequest&, const CallOptions&) override {
        throw std::logic_error("the blocking form was called");
    }
    ChatCompletion chat_completion(const ChatRequest&, const ChunkCallback&,
                                   const CallOptions&) override {
        throw std::logic_error("the blocking form was called");
    }
    CallHandle chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                     const CallOptions& options) override {
        if (start_error) raise(*start_error);
        const std::lock_guard lock(mutex_);
        return calls_.emplace_back(std::make_shared<Call>(request, std::move(handlers), options))
            ->handle();
    }
    std::optional<ErrorDetails> unavailable(std::string_view) const override { return refusal; }

    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return calls_.size();
    }
    /// The last one.
    [[nodiscard]] Call& call() const { return *shared_call(); }
    /// For those that outlive the backend.
    [[nodiscard]] std::shared_ptr<Call> shared_call() const {
        const std::lock_guard lock(mutex_);
        if (calls_.empty()) throw std::logic_error("nobody called");
        return calls_.back();
    }

    std::optional<ErrorDetails> refusal{};
    std::optional<ErrorDetails> start_error{};  ///< Thrown instead of a start.

private:
    mutable std::mutex mutex_{};
    std::vector<std::shared_ptr<Call>> calls_{};
};

}  // namespace cloud_backend::test
