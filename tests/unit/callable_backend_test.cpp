#include "call_fixture.hpp"
#include "scripted_backend.hpp"
#include "waiting_function.hpp"

#include <cloud_backend/backend_error.hpp>
#include <cloud_backend/callable_backend.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

using Stream = CallableBackend::Stream;

class CallableBackendTest : public ::testing::Test {
protected:
    TimePoint now{1h};
    std::string streamed{};
    std::stop_source stop{};
    const ChatRequest request{.model = "m", .messages = {Message::user("ping")}};

    CallableBackend streaming(Stream stream) {
        return CallableBackend(std::move(stream), [this] { return now; });
    }
    ChunkCallback collect() {
        return [this](const ChatChunk& chunk) { streamed += chunk.content(); };
    }
    CallOptions cancellable() const { return {.stop = stop.get_token()}; }
};

TEST_F(CallableBackendTest, AFunctionThatStreamsServesPlainCallsToo) {
    auto local =
        streaming([](const ChatRequest& asked, const ChunkCallback& on_chunk, const CallOptions&) {
            EXPECT_EQ(asked.model, "m");
            EXPECT_TRUE(on_chunk(content_chunk_of("one")));
            EXPECT_TRUE(
                on_chunk({.choices = {{.delta = {.content = " two"}, .finish_reason = "stop"}}}));
        });
    EXPECT_EQ(local.chat_completion(request, collect()).content(), "one two");
    EXPECT_EQ(streamed, "one two");
    const auto whole = local.chat_completion(request);
    EXPECT_EQ(whole.content(), "one two");
    EXPECT_EQ(whole.finish_reason(), "stop");
}

TEST_F(CallableBackendTest, AFunctionThatCompletesServesStreamsInOneChunk) {
    CallableBackend local([](const ChatRequest&, const CallOptions& options) {
        EXPECT_EQ(options.deadline, 5s);
        return completion_of("one");
    });
    EXPECT_EQ(local.chat_completion(request, {.deadline = 5s}).content(), "one");
    EXPECT_EQ(local.chat_completion(request, collect(), {.deadline = 5s}).content(), "one");
    EXPECT_EQ(streamed, "one");
}

TEST_F(CallableBackendTest, TimesAreMeasured) {
    auto local =
        streaming([this](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            now += 2s;
            EXPECT_TRUE(on_chunk(content_chunk_of("one")));
            now += 3s;
        });
    EXPECT_EQ(local.chat_completion(request).metadata.time_to_first_chunk, std::nullopt);
    const auto metadata = local.chat_completion(request, collect()).metadata;
    EXPECT_EQ(metadata.time_to_first_chunk, 2s);
    EXPECT_EQ(metadata.total_time, 5s);
}

TEST_F(CallableBackendTest, WhatItThrowsIsABackendErrorWithWhatWasDelivered) {  // F3
    auto local =
        streaming([](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            EXPECT_TRUE(on_chunk(content_chunk_of("one")));
            throw std::runtime_error("out of memory");
        });
    const auto error =
        error_of<BackendError>([&] { (void)local.chat_completion(request, collect()); });
    EXPECT_STREQ(error.what(), "out of memory");
    EXPECT_TRUE(error.retryable());
    ASSERT_NE(error.partial(), nullptr);
    EXPECT_EQ(error.partial()->content(), "one");
    EXPECT_EQ(error_of([&] { (void)local.chat_completion(request); }).partial(), nullptr);
}

TEST_F(CallableBackendTest, AnErrorKeepsItsType) {
    CallableBackend local([](const ChatRequest&, const CallOptions&) -> ChatCompletion {
        throw ConfigError("no such model");
    });
    EXPECT_EQ(error_of<ConfigError>([&] { (void)local.chat_completion(request); }).partial(),
              nullptr);
}

TEST_F(CallableBackendTest, WhatTheCallbackThrowsPassesUnchanged) {  // T7
    auto local =
        streaming([](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            try {
                (void)on_chunk(content_chunk_of("one"));
            } catch (...) {
                EXPECT_FALSE(on_chunk(content_chunk_of("two")));
                throw std::runtime_error("another");
            }
        });
    EXPECT_THROW(
        (void)local.chat_completion(request, [](const ChatChunk&) { throw std::out_of_range(""); }),
        std::out_of_range);
}

TEST_F(CallableBackendTest, ACallbackCanStopIt) {
    auto local =
        streaming([](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            EXPECT_FALSE(on_chunk(content_chunk_of("one")));
            EXPECT_FALSE(on_chunk(content_chunk_of("two")));
            throw std::runtime_error("was stopped");
        });
    const auto answer = local.chat_completion(request, [](const ChatChunk&) { return false; });
    EXPECT_EQ(answer.content(), "one");
}

TEST_F(CallableBackendTest, NothingIsDeliveredAfterACancel) {  // T1
    auto local = streaming(
        [this](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions& options) {
            EXPECT_TRUE(on_chunk(content_chunk_of("one")));
            stop.request_stop();
            EXPECT_TRUE(options.stop.stop_requested());
            EXPECT_FALSE(on_chunk(content_chunk_of("two")));
        });
    const auto error = error_of<CancelledError>(
        [&] { (void)local.chat_completion(request, collect(), cancellable()); });
    EXPECT_EQ(streamed, "one");
    ASSERT_NE(error.partial(), nullptr);
    EXPECT_EQ(error.partial()->content(), "one");
}

TEST_F(CallableBackendTest, ACancelIsSeenAtTheEnd) {  // T1: it may have made the function return
    CallableBackend local([this](const ChatRequest&, const CallOptions&) {
        stop.request_stop();
        return completion_of("half");
    });
    EXPECT_THROW((void)local.chat_completion(request, cancellable()), CancelledError);
    EXPECT_THROW((void)local.chat_completion(request, collect(), cancellable()), CancelledError);
    EXPECT_EQ(streamed, "");
}

TEST_F(CallableBackendTest, TheDeadlineEndsItAndStandsStillInTheCallback) {  // T5, F4
    auto local =
        streaming([this](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            now += 1s;
            EXPECT_TRUE(on_chunk(content_chunk_of("one")));
            EXPECT_TRUE(on_chunk(content_chunk_of(" two")));
            now += 1s;
            EXPECT_FALSE(on_chunk(content_chunk_of(" three")));
        });
    const auto slowly = [this](const ChatChunk& chunk) {
        now += 1min;
        streamed += chunk.content();
    };
    const auto error = error_of<TimeoutError>(
        [&] { (void)local.chat_completion(request, slowly, {.deadline = 2s}); });
    EXPECT_EQ(error.limit(), TimeLimit::deadline);
    EXPECT_EQ(streamed, "one two");
}

TEST_F(CallableBackendTest, AnAnswerOfTooManyPartsIsALimit) {  // T8
    auto local =
        streaming([](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            ChatChunk chunk{.choices = {{}}};
            for (int i = 0; i < 5'000; ++i) {
                chunk.choices[0].delta.tool_calls = {{.index = i, .id = std::to_string(i)}};
                if (!on_chunk(chunk)) return;
            }
            ADD_FAILURE() << "went on";
        });
    EXPECT_THROW((void)local.chat_completion(request), LimitExceededError);
}

TEST_F(CallableBackendTest, ACallbackMayDestroyIt) {
    auto local = std::make_unique<CallableBackend>(
        streaming([text = std::string("a text that is longer than a small string")](
                      const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            EXPECT_TRUE(on_chunk(content_chunk_of("one")));
            EXPECT_TRUE(on_chunk(content_chunk_of(text)));
        }));
    const auto answer = local->chat_completion(request, [&](const ChatChunk&) { local.reset(); });
    EXPECT_TRUE(answer.content().ends_with("small string"));
}

// --- asynchronous calls -------------------------------------------------------------------------

TEST_F(CallableBackendTest, AnAsynchronousCallHasAThreadOfItsOwn) {
    std::thread::id of_function, of_chunk, of_end;
    std::promise<ChatCompletion> answer;
    auto local =
        streaming([&](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            of_function = std::this_thread::get_id();
            EXPECT_TRUE(on_chunk(content_chunk_of("one")));
        });
    (void)local.chat_completion_async(
        request, {.on_chunk = [&](const ChatChunk&) { of_chunk = std::this_thread::get_id(); },
                  .on_done =
                      [&](ChatCompletion completion) {
                          of_end = std::this_thread::get_id();
                          answer.set_value(std::move(completion));
                      }});
    EXPECT_EQ(answer.get_future().get().content(), "one");
    EXPECT_NE(of_function, std::this_thread::get_id());
    EXPECT_EQ(of_chunk, of_function);
    EXPECT_EQ(of_end, of_function);
}

TEST_F(CallableBackendTest, WhatAnAsynchronousCallEndsWithIsToldUnchanged) {
    const CallableBackend::Complete refuse = [](const ChatRequest&, const CallOptions&) {
        throw ConfigError("no such model");
        return ChatCompletion{};
    };
    CallableBackend local(refuse);
    EXPECT_THROW((void)local.chat_completion_future(request).get(), ConfigError);
}

TEST_F(CallableBackendTest, DestroyingItCancelsItsAsynchronousCalls) {
    std::promise<void> is_called;
    auto local = std::make_unique<CallableBackend>(waiting_for_a_cancel(is_called));
    auto answer = local->chat_completion_future(request);
    is_called.get_future().wait();
    local.reset();
    EXPECT_THROW((void)answer.get(), CancelledError);
}

TEST_F(CallableBackendTest, AHandlerMayDestroyIt) {
    std::promise<std::exception_ptr> error;
    auto local = std::make_unique<CallableBackend>(
        streaming([](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
            EXPECT_TRUE(on_chunk(content_chunk_of("one")));
            EXPECT_FALSE(on_chunk(content_chunk_of("two")));  // It is cancelled by that.
        }));
    std::promise<void> is_started;
    (void)local->chat_completion_async(
        request, {.on_chunk =
                      [&, started = is_started.get_future().share()](const ChatChunk&) {
                          started.wait();
                          local.reset();
                      },
                  .on_error = [&](std::exception_ptr thrown) { error.set_value(thrown); }});
    is_started.set_value();
    EXPECT_THROW(std::rethrow_exception(error.get_future().get()), CancelledError);
}

// --- construction -------------------------------------------------------------------------------

TEST_F(CallableBackendTest, AFunctionThatReturnsAnAnswerIsNoStream) {  // It would be lost.
    const auto with_answer = [](const ChatRequest&, const ChunkCallback&, const CallOptions&) {
        return completion_of("lost");
    };
    static_assert(!std::is_constructible_v<CallableBackend, decltype(with_answer)>);
}

TEST_F(CallableBackendTest, AnEmptyFunctionIsRefused) {
    EXPECT_THROW(CallableBackend(Stream{}), ConfigError);
    EXPECT_THROW(CallableBackend(CallableBackend::Complete{}), ConfigError);
    const auto complete = [](const ChatRequest&, const CallOptions&) { return completion_of(""); };
    EXPECT_THROW(CallableBackend(complete, nullptr), ConfigError);
}

}  // namespace
}  // namespace cloud_backend::test
