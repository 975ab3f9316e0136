#include "queued_backend.hpp"
#include "scripted_backend.hpp"
#include "waiting_function.hpp"

#include <cloud_backend/backend_error.hpp>
#include <cloud_backend/callable_backend.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/fallback.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// The asynchronous form of a router. That it decides as the blocking form does is shown by
// fallback_property_test; here are threads, ownership and ends.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

ErrorDetails server_error() {
    return {.code = ErrorCode::internal_server,
            .message = "it fell over",
            .retryable = true,
            .attempts = {{.status = 500}}};
}

std::shared_ptr<ScriptedBackend> backend(ScriptedBackend::Script script) {
    return std::make_shared<ScriptedBackend>(std::move(script));
}

std::shared_ptr<ScriptedBackend> answering(std::string text) {
    return backend([text = std::move(text)](const ChunkCallback& on_chunk) {
        if (on_chunk(role_chunk())) (void)on_chunk(content_chunk_of(text));
        return completion_of(text);
    });
}

std::shared_ptr<ScriptedBackend> failing(ErrorDetails details = server_error()) {
    return backend(
        [details = std::move(details)](const ChunkCallback&) -> ChatCompletion { raise(details); });
}

/// Starts no call.
class RefusingBackend final : public ChatBackend {
public:
    explicit RefusingBackend(ErrorDetails error) : error_(std::move(error)) {}

    ChatCompletion chat_completion(const ChatRequest&, const CallOptions&) override {
        raise(error_);
    }
    ChatCompletion chat_completion(const ChatRequest&, const ChunkCallback&,
                                   const CallOptions&) override {
        raise(error_);
    }
    CallHandle chat_completion_async(const ChatRequest&, CallHandlers,
                                     const CallOptions&) override {
        raise(error_);
    }

private:
    ErrorDetails error_;
};

std::shared_ptr<ChatBackend> refusing(ErrorDetails error) {
    return std::make_shared<RefusingBackend>(std::move(error));
}

class AsyncFallback : public ::testing::Test {
protected:
    CallQueue queue{};
    FallbackOptions options{};
    const ChatRequest request{.model = "m", .messages = {Message::user("ping")}};

    // What a call tells.
    std::string streamed{};
    std::optional<ChatCompletion> answer{};
    std::exception_ptr error{};
    std::size_t ends = 0;

    std::shared_ptr<ChatBackend> queued(std::shared_ptr<ChatBackend> backend) {
        return std::make_shared<QueuedBackend>(queue, std::move(backend));
    }
    std::unique_ptr<FallbackRouter> router(std::shared_ptr<ChatBackend> first,
                                           std::shared_ptr<ChatBackend> second) {
        return std::make_unique<FallbackRouter>(
            std::vector<FallbackBackend>{{.name = "a", .backend = std::move(first)},
                                         {.name = "b", .backend = std::move(second)}},
            options);
    }
    CallHandlers handlers() {
        return {.on_chunk = [this](const ChatChunk& chunk) { streamed += describe(chunk); },
                .on_done =
                    [this](ChatCompletion completion) {
                        answer = std::move(completion);
                        ++ends;
                    },
                .on_error =
                    [this](std::exception_ptr thrown) {
                        error = std::move(thrown);
                        ++ends;
                    }};
    }
    static std::string describe(const ChatChunk& chunk) {
        return chunk.choices.at(0).delta.role ? "<role>" : std::string(chunk.content());
    }
    [[nodiscard]] std::optional<ErrorCode> error_code() const {
        if (error == nullptr) return std::nullopt;
        try {
            std::rethrow_exception(error);
        } catch (const Error& thrown) {
            return thrown.code();
        }
    }
};

// --- who is asked, and when ---------------------------------------------------------------------

TEST_F(AsyncFallback, TheNextIsAskedWhereTheOneBeforeItFailed) {  // F1, F3
    const auto first = backend([](const ChunkCallback& on_chunk) -> ChatCompletion {
        EXPECT_TRUE(on_chunk(role_chunk()));
        raise(server_error());
    });
    const auto both = router(queued(first), queued(answering("two")));
    const CallHandle call = both->chat_completion_async(request, handlers());
    EXPECT_TRUE(first->models.empty());
    EXPECT_TRUE(queue.run());
    EXPECT_EQ(queue.size(), 1u);  // The second waits for its turn.
    EXPECT_EQ(streamed, "");
    EXPECT_FALSE(call.done());
    EXPECT_TRUE(queue.run());
    EXPECT_EQ(streamed, "<role>two");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->metadata.backend, "b");
    EXPECT_EQ(answer->metadata.failures.at(0).backend, "a");
    EXPECT_EQ(answer->metadata.attempts.size(), 1u);
    EXPECT_EQ(ends, 1u);
    EXPECT_TRUE(call.done());
}

TEST_F(AsyncFallback, WhatABackendThrowsAtOnceIsAFailureLikeAnyOther) {  // F2
    const auto both = router(refusing(server_error()), queued(answering("two")));
    (void)both->chat_completion_async(request, handlers());
    queue.run_all();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->metadata.failures.at(0).error->message, "it fell over");
}

TEST_F(AsyncFallback, WhatTheLastThrowsAtOnceGoesToTheHandler) {  // Others were started.
    const auto both = router(queued(failing()), refusing(server_error()));
    (void)both->chat_completion_async(request, handlers());
    queue.run_all();
    EXPECT_EQ(error_code(), ErrorCode::all_backends_failed);
    EXPECT_EQ(ends, 1u);
}

TEST_F(AsyncFallback, ACallOfTheWholeAnswerIsNoStream) {
    class Plain final : public ChatBackend {
    public:
        ChatCompletion chat_completion(const ChatRequest&, const CallOptions&) override {
            return completion_of("plain");
        }
        ChatCompletion chat_completion(const ChatRequest&, const ChunkCallback&,
                                       const CallOptions&) override {
            throw std::logic_error("streamed");
        }
    };
    const auto both = router(queued(std::make_shared<Plain>()), queued(answering("two")));
    CallHandlers plain = handlers();
    plain.on_chunk.reset();
    (void)both->chat_completion_async(request, std::move(plain));
    queue.run_all();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->content(), "plain");
}

TEST_F(AsyncFallback, TheRequestNeedNotOutliveTheStart) {
    const auto first = failing(), second = answering("two");
    const auto both = router(queued(first), queued(second));
    {
        const ChatRequest passing = request;
        (void)both->chat_completion_async(passing, handlers());
    }
    queue.run_all();
    EXPECT_EQ(second->models, std::vector<std::string>{"m"});
}

TEST_F(AsyncFallback, CallsEndInAnyOrder) {
    const auto both = router(queued(failing()), queued(answering("two")));
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) {
        (void)both->chat_completion_async(
            request, {.on_done = [&order, i](const ChatCompletion&) { order.push_back(i); }});
    }
    while (queue.size() > 0) queue.run(queue.size() - 1);
    EXPECT_EQ(order, (std::vector{2, 1, 0}));
}

TEST_F(AsyncFallback, RoutersNest) {  // F1, F6
    const std::shared_ptr<ChatBackend> inner =
        router(refusing(server_error()), queued(answering("two")));
    const auto outer = router(queued(failing()), inner);
    (void)outer->chat_completion_async(request, handlers());
    queue.run_all();
    EXPECT_EQ(streamed, "<role>two");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->metadata.backend, "b/b");
    EXPECT_EQ(answer->metadata.failures.size(), 2u);
}

// --- what is over before it has begun -----------------------------------------------------------

TEST_F(AsyncFallback, WhatIsOverBeforeAnythingWasStartedIsThrown) {
    const auto unavailable = answering("it was asked");
    unavailable->refusal = ErrorDetails{.code = ErrorCode::circuit_open};
    const auto all_unavailable = router(queued(unavailable), queued(unavailable));
    EXPECT_THROW(all_unavailable->chat_completion_async(request, handlers()),
                 AllBackendsFailedError);
    const ErrorDetails not_utf8{.code = ErrorCode::config, .message = "not UTF-8"};
    const auto nobody = router(refusing(not_utf8), refusing(not_utf8));
    EXPECT_THROW(nobody->chat_completion_async(request, handlers()), ConfigError);
    const auto fine = router(queued(answering("one")), queued(answering("two")));
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(fine->chat_completion_async(request, handlers(), {.stop = stop.get_token()}),
                 CancelledError);
    EXPECT_THROW(fine->chat_completion_async(request, handlers(), {.deadline = 0ms}), TimeoutError);
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(ends, 0u);
}

TEST_F(AsyncFallback, WhatThePredicateThrowsEndsTheCall) {
    options.should_fall_back = [](const ErrorDetails&) -> bool { throw std::out_of_range("mine"); };
    const auto at_once = router(refusing(server_error()), queued(answering("two")));
    EXPECT_THROW(at_once->chat_completion_async(request, handlers()), std::out_of_range);
    EXPECT_EQ(ends, 0u);
    const auto later = router(queued(failing()), queued(answering("two")));
    const CallHandle call = later->chat_completion_async(request, handlers());
    queue.run_all();
    ASSERT_NE(error, nullptr);
    EXPECT_THROW(std::rethrow_exception(error), std::out_of_range);
    EXPECT_TRUE(call.done());
}

// --- its callback -------------------------------------------------------------------------------

TEST_F(AsyncFallback, WhatTheCallbackThrowsIsToldUnchanged) {  // T7
    const auto swallowing = backend([](const ChunkCallback& on_chunk) {
        try {
            (void)on_chunk(content_chunk_of("x"));
        } catch (const std::out_of_range&) {
            EXPECT_FALSE(on_chunk(content_chunk_of("y")));
        }
        return completion_of("x");
    });
    const auto both = router(queued(swallowing), queued(answering("two")));
    CallHandlers throwing = handlers();
    throwing.on_chunk = [](const ChatChunk&) { throw std::out_of_range("mine"); };
    (void)both->chat_completion_async(request, std::move(throwing));
    queue.run_all();
    ASSERT_NE(error, nullptr);
    EXPECT_THROW(std::rethrow_exception(error), std::out_of_range);
    EXPECT_EQ(ends, 1u);
}

TEST_F(AsyncFallback, ACallbackThatStopsIsAnsweredWithWhatCame) {  // F3
    const auto both = router(queued(answering("one")), queued(answering("two")));
    CallHandlers stopping = handlers();
    stopping.on_chunk = [](const ChatChunk&) { return false; };
    (void)both->chat_completion_async(request, std::move(stopping));
    queue.run_all();
    ASSERT_TRUE(answer);  // With the role, for that was all that was delivered.
    EXPECT_EQ(answer->content(), "");
    EXPECT_EQ(answer->metadata.backend, "a");
}

TEST_F(AsyncFallback, WhatTheLastHandlerThrowsIsDropped) {
    const auto both = router(queued(answering("one")), queued(answering("two")));
    const CallHandle call = both->chat_completion_async(
        request, {.on_done = [](const ChatCompletion&) { throw std::runtime_error("mine"); }});
    queue.run_all();
    EXPECT_TRUE(call.done());
}

// --- cancelling ---------------------------------------------------------------------------------

TEST_F(AsyncFallback, ACancelBetweenTwoBackendsEndsTheCall) {  // F2, T1
    CallHandle call;
    const auto first = backend([&](const ChunkCallback&) -> ChatCompletion {
        call.cancel();
        raise(server_error());
    });
    const auto second = answering("two");
    const auto both = router(queued(first), queued(second));
    call = both->chat_completion_async(request, handlers());
    queue.run_all();
    EXPECT_EQ(error_code(), ErrorCode::cancelled);
    EXPECT_TRUE(second->models.empty());
    EXPECT_EQ(ends, 1u);
}

TEST_F(AsyncFallback, HandleAndTokenCancelTheBackendThatIsAsked) {  // T1
    std::stop_source stop;
    const std::function<void(const CallHandle&)> cancels[] = {
        [](const CallHandle& call) { call.cancel(); },
        [&](const CallHandle&) { stop.request_stop(); }};
    for (const auto& cancel : cancels) {
        const auto first = answering("one");
        const auto both = router(queued(first), queued(answering("two")));
        const CallHandle call =
            both->chat_completion_async(request, {}, {.stop = stop.get_token()});
        queue.run();
        ASSERT_EQ(first->asked_with.size(), 1u);
        EXPECT_FALSE(first->asked_with[0].stop.stop_requested());  // Done: not cancelled by it.
        const CallHandle second =
            both->chat_completion_async(request, {}, {.stop = stop.get_token()});
        cancel(second);
        queue.run();
        ASSERT_EQ(first->asked_with.size(), 2u);
        EXPECT_TRUE(first->asked_with[1].stop.stop_requested());
        EXPECT_FALSE(first->asked_with[0].stop.stop_requested());
    }
}

// --- what is whose ------------------------------------------------------------------------------

TEST_F(AsyncFallback, HandlersAreDestroyedBeforeTheCallIsDone) {
    const auto both = router(queued(answering("one")), queued(answering("two")));
    auto kept = std::make_shared<int>();
    const std::weak_ptr<int> watched = kept;
    CallHandle call;
    bool was_done = true;
    call = both->chat_completion_async(
        request, {.on_done = [&, kept = std::move(kept)](const ChatCompletion&) {
            was_done = call.done();
        }});
    EXPECT_FALSE(watched.expired());
    queue.run_all();
    EXPECT_FALSE(was_done);
    EXPECT_TRUE(call.done());
    EXPECT_TRUE(watched.expired());
}

TEST_F(AsyncFallback, HandlersOfACallThatIsThrownAreDestroyed) {
    auto kept = std::make_shared<int>();
    const std::weak_ptr<int> watched = kept;
    const auto both = router(refusing(server_error()), refusing(server_error()));
    EXPECT_THROW(both->chat_completion_async(
                     request, {.on_error = [kept = std::move(kept)](std::exception_ptr) {}}),
                 AllBackendsFailedError);
    EXPECT_TRUE(watched.expired());
}

TEST_F(AsyncFallback, ABackendIsNotKeptByACallThatIsDone) {
    auto first = queued(answering("one"));
    const std::weak_ptr<ChatBackend> watched = first;
    auto both = router(std::exchange(first, nullptr), queued(answering("two")));
    const CallHandle call = both->chat_completion_async(request, {});
    queue.run_all();
    EXPECT_FALSE(watched.expired());
    both.reset();
    EXPECT_TRUE(watched.expired());
}

TEST_F(AsyncFallback, AHandlerMayDestroyTheRouter) {
    const auto first = backend([](const ChunkCallback& on_chunk) -> ChatCompletion {
        (void)on_chunk(content_chunk_of("one"));
        raise({.code = ErrorCode::cancelled});
    });
    auto both = router(queued(first), queued(answering("two")));
    CallHandlers destroying = handlers();
    destroying.on_chunk = [&](const ChatChunk&) {
        both.reset();
        EXPECT_TRUE(first->asked_with.at(0).stop.stop_requested());
    };
    (void)both->chat_completion_async(request, std::move(destroying));
    queue.run_all();
    EXPECT_EQ(error_code(), ErrorCode::cancelled);
    EXPECT_EQ(ends, 1u);
}

TEST_F(AsyncFallback, TheLastHandlerMayDestroyTheRouterAndStartACallOfAnother) {
    auto both = router(queued(failing()), queued(answering("two")));
    const auto other = router(queued(answering("three")), queued(answering("four")));
    (void)both->chat_completion_async(request, {.on_done = [&](const ChatCompletion&) {
                                          both.reset();
                                          (void)other->chat_completion_async(request, handlers());
                                      }});
    queue.run_all();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->content(), "three");
}

// --- threads ------------------------------------------------------------------------------------

TEST_F(AsyncFallback, IsCancelledFromAnotherThread) {  // T1
    std::promise<void> is_called;
    const auto both = router(std::make_shared<CallableBackend>(waiting_for_a_cancel(is_called)),
                             queued(answering("two")));
    const CallHandle call = both->chat_completion_async(request, handlers());
    is_called.get_future().wait();
    call.cancel();
    ASSERT_TRUE(call.wait_for(30s));
    EXPECT_EQ(error_code(), ErrorCode::cancelled);
}

TEST_F(AsyncFallback, DestroyingTheRouterCancelsItsCallsAndWaitsForThem) {
    std::promise<void> is_called;
    auto both = router(std::make_shared<CallableBackend>(waiting_for_a_cancel(is_called)),
                       queued(answering("two")));
    const CallHandle call = both->chat_completion_async(request, handlers());
    is_called.get_future().wait();
    both.reset();
    ASSERT_TRUE(call.wait_for(30s));  // At once, on a quiet machine.
    EXPECT_EQ(error_code(), ErrorCode::cancelled);
}

TEST_F(AsyncFallback, ThreadsStartCallsWhileOthersEnd) {
    constexpr std::size_t threads = 8, calls = 50;
    const auto failing_function = [](const ChatRequest&, const CallOptions&) -> ChatCompletion {
        raise(server_error());
    };
    const auto function = [](const ChatRequest& asked, const ChunkCallback& on_chunk,
                             const CallOptions&) { (void)on_chunk(content_chunk_of(asked.model)); };
    const auto both = router(std::make_shared<CallableBackend>(failing_function),
                             std::make_shared<CallableBackend>(function));
    std::vector<std::size_t> right(threads);
    std::vector<std::jthread> starters;
    for (std::size_t i = 0; i < threads; ++i) {
        starters.emplace_back([&, i] {
            for (std::size_t n = 0; n < calls; ++n) {
                const std::string model = std::to_string(i) + '.' + std::to_string(n);
                auto future = both->chat_completion_future({.model = model});
                const ChatCompletion got = future.get();
                if (got.content() == model && got.metadata.backend == "b") ++right[i];
            }
        });
    }
    starters.clear();
    EXPECT_EQ(right, std::vector<std::size_t>(threads, calls));
}

TEST_F(AsyncFallback, CallsEndOnAnotherThreadWhileTheyAreStarted) {
    constexpr std::size_t calls = 500;
    const auto both = router(queued(failing()), queued(answering("two")));
    std::vector<std::future<ChatCompletion>> answers;
    std::jthread runner([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            queue.run_all();
            std::this_thread::yield();
        }
    });
    for (std::size_t i = 0; i < calls; ++i)
        answers.push_back(both->chat_completion_future(request));
    for (auto& one : answers) EXPECT_EQ(one.get().content(), "two");
}

}  // namespace
}  // namespace cloud_backend::test
