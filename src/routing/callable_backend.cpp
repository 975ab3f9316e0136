#include "async/blocking_call.hpp"
#include "async/calls_in_flight.hpp"
#include "call_clock.hpp"
#include "chat/completion_json.hpp"
#include "failures.hpp"
#include "routing/interruption.hpp"

#include <cloud_backend/callable_backend.hpp>
#include <cloud_backend/chat_accumulator.hpp>
#include <cloud_backend/error.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <variant>

namespace cloud_backend {

namespace {

/// One call of a function: delivers nothing after a cancel or the deadline, and keeps what was
/// delivered for the error that may follow.
class FunctionCall {
public:
    /// `on_chunk` is null when the whole answer is asked for.
    FunctionCall(const ChunkCallback* on_chunk, const CallOptions& options,
                 const std::function<TimePoint()>& now)
        : on_chunk_(on_chunk), stop_(options.stop), clock_(now, options.deadline) {}

    /// False: the function is to return.
    [[nodiscard]] bool deliver(const ChatChunk& chunk) {
        if (stopped_ || thrown_) return false;
        if (!failure_) failure_ = interruption();
        if (!failure_ && accumulator_.add(chunk) != ChatAccumulator::Status::ok) {
            failure_ = {.code = ErrorCode::limit_exceeded,
                        .message = "the answer has too many tool calls or fields"};
        }
        if (failure_) return false;
        if (on_chunk_ == nullptr) return true;
        if (!first_chunk_at_) first_chunk_at_ = clock_.now();
        try {
            stopped_ = !clock_.off_the_clock([&] { return (*on_chunk_)(chunk); });
        } catch (...) {
            thrown_ = std::current_exception();
            throw;
        }
        return !stopped_;
    }

    [[nodiscard]] ChatCompletion answer_so_far() const { return accumulator_.completion(); }

    /// Calls `function`, which returns the answer.
    template <class Function>
    [[nodiscard]] ChatCompletion run(const Function& function) {
        ChatCompletion answer;
        std::exception_ptr thrown_by_function;
        try {
            failure_ = interruption();
            if (!failure_) answer = function(*this);
        } catch (...) {
            thrown_by_function = std::current_exception();
        }
        if (thrown_) std::rethrow_exception(thrown_);  // T7, even if the function caught it.
        if (stopped_ && thrown_by_function) answer = answer_so_far();
        if (!stopped_) {
            if (!failure_) failure_ = interruption();
            if (!failure_ && thrown_by_function) {
                failure_ = detail::failure_of_backend(thrown_by_function);
            }
            if (failure_) fail(std::move(*failure_));
        }
        answer.metadata.total_time = clock_.now() - clock_.started();
        if (first_chunk_at_) {
            answer.metadata.time_to_first_chunk = *first_chunk_at_ - clock_.started();
        }
        return answer;
    }

private:
    [[nodiscard]] std::optional<ErrorDetails> interruption() const {
        return detail::interruption(stop_, clock_);
    }

    [[noreturn]] void fail(ErrorDetails failure) const {
        if (first_chunk_at_ && !failure.partial) {
            failure.partial = std::make_shared<const ChatCompletion>(answer_so_far());
        }
        raise(std::move(failure));
    }

    const ChunkCallback* on_chunk_;
    std::stop_token stop_;
    detail::CallClock clock_;
    ChatAccumulator accumulator_{};
    std::optional<TimePoint> first_chunk_at_{};
    bool stopped_ = false;                   ///< By the callback.
    std::optional<ErrorDetails> failure_{};  ///< What ended the delivery.
    std::exception_ptr thrown_{};            ///< By the callback.
};

template <class Function>
Function required(Function function) {
    if (!function) throw ConfigError("a function of a CallableBackend is empty");
    return function;
}

}  // namespace

struct CallableBackend::Core {
    std::variant<Stream, Complete> function;
    std::function<TimePoint()> now;

    ChatCompletion call(const ChatRequest& request, const ChunkCallback* on_chunk,
                        const CallOptions& options) const;
};

CallableBackend::CallableBackend(Stream function, FromStream /*form*/,
                                 std::function<TimePoint()> now)
    : core_(std::make_shared<const Core>(
          Core{required(std::move(function)), required(std::move(now))})),
      calls_(std::make_shared<detail::CallsInFlight>()) {}

CallableBackend::CallableBackend(Complete complete, std::function<TimePoint()> now)
    : core_(std::make_shared<const Core>(
          Core{required(std::move(complete)), required(std::move(now))})),
      calls_(std::make_shared<detail::CallsInFlight>()) {}

CallableBackend::~CallableBackend() = default;

ChatCompletion CallableBackend::chat_completion(const ChatRequest& request,
                                                const CallOptions& options) {
    const auto core = core_;  // The function may destroy this backend.
    return core->call(request, nullptr, options);
}

ChatCompletion CallableBackend::chat_completion(const ChatRequest& request,
                                                const ChunkCallback& on_chunk,
                                                const CallOptions& options) {
    const auto core = core_;  // The callback may destroy this backend.
    return core->call(request, &on_chunk, options);
}

CallHandle CallableBackend::chat_completion_async(const ChatRequest& request, CallHandlers handlers,
                                                  const CallOptions& options) {
    const CallSource source(options.stop);
    CallHandle handle = source.handle();
    if (!calls_->add(handle)) raise(detail::cancellation());
    auto call = [core = core_, request](const ChunkCallback* on_chunk, const CallOptions& own) {
        return core->call(request, on_chunk, own);
    };
    detail::call_on_thread(source, std::move(call), std::move(handlers), options);
    return handle;
}

ChatCompletion CallableBackend::Core::call(const ChatRequest& request,
                                           const ChunkCallback* on_chunk,
                                           const CallOptions& options) const {
    return FunctionCall(on_chunk, options, now).run([&](FunctionCall& call) {
        if (const auto* complete = std::get_if<Complete>(&function)) {
            ChatCompletion answer = (*complete)(request, options);
            if (on_chunk != nullptr) (void)call.deliver(detail::as_chunk(answer));
            return answer;
        }
        const auto deliver = [&call](const ChatChunk& chunk) { return call.deliver(chunk); };
        std::get<Stream>(function)(request, deliver, options);
        return call.answer_so_far();
    });
}

}  // namespace cloud_backend
