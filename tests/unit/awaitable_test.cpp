#include "../support/call_fixture.hpp"

#include <cloud_backend/awaitable.hpp>
#include <cloud_backend/callable_backend.hpp>
#include <cloud_backend/openai.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <coroutine>
#include <future>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>

// Asynchronous calls in coroutines.
namespace cloud_backend::test {
namespace {

struct Task {
    struct promise_type {
        Task get_return_object() { return {end.get_future()}; }
        static std::suspend_never initial_suspend() noexcept { return {}; }
        static std::suspend_never final_suspend() noexcept { return {}; }
        void return_value(std::string text) { end.set_value(std::move(text)); }
        void unhandled_exception() { end.set_exception(std::current_exception()); }

        std::promise<std::string> end{};
    };

    std::future<std::string> end{};
};

/// Named, as awaitable.hpp asks for.
const ChatRequest anything{};

Task answer_to(ChatBackend& backend, ChatRequest request, CallOptions options) {
    const ChatCompletion answer = co_await async(backend, request, options);
    co_return std::string(answer.content());
}

Task chunks_of(ChatBackend& backend) {
    std::string streamed;
    const ChunkCallback listen = [&](const ChatChunk& chunk) {
        streamed.append(chunk.content()).append("|");
    };
    const ChatCompletion answer = co_await async(backend, anything, listen);
    co_return streamed + std::string(answer.content());
}

Task first_that_answers(ChatBackend& first, ChatBackend& second) {
    std::string error;
    try {
        (void)co_await async(first, anything);
    } catch (const Error& thrown) {
        error = thrown.what();
    }
    const ChatCompletion answer = co_await async(second, anything);
    co_return error + ", then " + std::string(answer.content());
}

Task many_in_a_row(ChatBackend& backend, int count) {
    std::size_t length = 0;
    for (int i = 0; i < count; ++i) {
        const ChatCompletion answer = co_await async(backend, anything);
        length += answer.content().size();
    }
    co_return std::to_string(length);
}

CallableBackend backend_that_says(const std::string& text) {
    return CallableBackend(
        [text](const ChatRequest&, const ChunkCallback& give, const CallOptions&) {
            for (const char letter : text) {
                (void)give({.choices = {{.delta = {.content = std::string(1, letter)}}}});
            }
        });
}

TEST(Awaitable, GivesTheAnswer) {
    auto backend = backend_that_says("pong");
    EXPECT_EQ(answer_to(backend, {}, {}).end.get(), "pong");
}

TEST(Awaitable, StreamsMeanwhile) {
    auto backend = backend_that_says("pong");
    EXPECT_EQ(chunks_of(backend).end.get(), "p|o|n|g|pong");
}

TEST(Awaitable, ThrowsWhatTheCallEndsWith) {
    CallableBackend broken([](const ChatRequest&, const CallOptions&) -> ChatCompletion {
        throw std::runtime_error("no memory");
    });
    auto well = backend_that_says("pong");
    EXPECT_EQ(first_that_answers(broken, well).end.get(), "no memory, then pong");
}

TEST(Awaitable, ThrowsARequestThatMustNotBeSent) {
    const auto backend = create_openai_backend(fake_options(std::make_shared<FakeTransport>()));
    ChatRequest wrong;
    wrong.extra = nlohmann::json{{"stream", true}};
    EXPECT_THROW(answer_to(*backend, wrong, {}).end.get(), ConfigError);
}

TEST(Awaitable, IsCancelledByItsStopToken) {
    std::stop_source stop;
    stop.request_stop();
    auto backend = backend_that_says("pong");
    EXPECT_THROW(answer_to(backend, {}, {.stop = stop.get_token()}).end.get(), CancelledError);
}

TEST(Awaitable, CallsOfOneEngineFollowEachOther) {
    const auto network = std::make_shared<FakeTransport>();
    constexpr int many = 200;
    for (int i = 0; i < many; ++i) {
        network->expect(Exchange::answer(
            200, R"({"choices":[{"message":{"content":"pong"},"finish_reason":"stop"}]})"));
    }
    const auto backend = create_openai_backend(fake_options(network));
    EXPECT_EQ(many_in_a_row(*backend, many).end.get(), std::to_string(4 * many));
}

}  // namespace
}  // namespace cloud_backend::test
