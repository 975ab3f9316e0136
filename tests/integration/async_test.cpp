#include "../support/backend_fixture.hpp"
#include "../support/process_stats.hpp"
#include "../support/slow_build.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <chat_answers.hpp>
#include <embedded_server.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Asynchronous calls over sockets: the same answers, errors and retries, on one thread.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;
using embedded_server::Answer;
using embedded_server::EmbeddedServer;

/// What the handlers of a call were told.
struct Told {
    std::promise<ChatCompletion> answer{};
    std::atomic<int> ends = 0;
    std::string streamed{};
    std::thread::id thread{};

    CallHandlers handlers() {
        return {.on_done =
                    [this](ChatCompletion completion) {
                        thread = std::this_thread::get_id();
                        ++ends;
                        answer.set_value(std::move(completion));
                    },
                .on_error =
                    [this](const std::exception_ptr& error) {
                        thread = std::this_thread::get_id();
                        ++ends;
                        answer.set_exception(error);
                    }};
    }
    CallHandlers streaming_handlers() {
        CallHandlers all = handlers();
        all.on_chunk = [this](const ChatChunk& chunk) { streamed += chunk.content(); };
        return all;
    }
};

class Async : public ::testing::Test {
protected:
    EmbeddedServer server{};
    ClientOptions options = quick_options(server.url());
    std::unique_ptr<OpenAICloudBackend> backend = create_openai_backend(options);
    Told told{};

    /// An answer that begins and does not go on.
    void stall() {
        const auto answer = Answer::stream({content_chunk("one")});
        server.enqueue(answer.cut_after(answer.wire().size() - 5).then_stall());
    }
};

TEST_F(Async, APlainCallTellsItsAnswer) {
    const CallHandle call = backend->chat_completion_async(ask(), told.handlers());
    const ChatCompletion answer = told.answer.get_future().get();
    EXPECT_EQ(answer.content(), "pong");
    EXPECT_EQ(answer.metadata.attempts.size(), 1u);
    EXPECT_GT(answer.metadata.total_time, Duration::zero());
    call.wait();
    EXPECT_TRUE(call.done());
    EXPECT_EQ(told.ends, 1);
    EXPECT_NE(told.thread, std::this_thread::get_id());
}

TEST_F(Async, AStreamTellsItsChunksAndThenTheWhole) {
    backend->chat_completion_async(ask("tell me"), told.streaming_handlers()).wait();
    EXPECT_EQ(told.streamed, embedded_server::reply_to("tell me"));
    const ChatCompletion answer = told.answer.get_future().get();
    EXPECT_EQ(answer.content(), told.streamed);
    EXPECT_TRUE(answer.metadata.time_to_first_chunk);
}

TEST_F(Async, AFutureHoldsTheAnswerOrTheError) {
    EXPECT_EQ(backend->chat_completion_future(ask()).get().content(), "pong");
    server.enqueue(Answer::json(401, R"({"error":{"message":"no"}})"));
    auto refused = backend->chat_completion_future(ask());
    EXPECT_THROW(refused.get(), AuthenticationError);
}

TEST_F(Async, ARequestThatMustNotBeSentIsThrownAndNothingIsTold) {
    ChatRequest request = ask();
    request.extra = nlohmann::json{{"stream", true}};
    EXPECT_THROW(backend->chat_completion_async(request, told.handlers()), ConfigError);
    EXPECT_THROW(
        backend->chat_completion_async(ask(), told.handlers(), {.headers = {{"a", "b\n"}}}),
        ConfigError);
    EXPECT_EQ(told.ends, 0);
    EXPECT_EQ(server.request_count(), 0u);
}

TEST_F(Async, ARawRequestKeepsItsBytesButForStreamAndANamedModel) {
    const std::string body =
        R"({ "stream": true, "temperature": 1.00, "messages": [{"role":"user","content":"ping"}]})";
    backend->chat_completion_raw_async(body, told.handlers(), {.model = "m-2"}).wait();
    const ChatCompletion answer = told.answer.get_future().get();
    EXPECT_EQ(answer.content(), "pong");
    EXPECT_EQ(nlohmann::json::parse(answer.raw.text()).at("object"), "chat.completion");
    EXPECT_EQ(server.requests().at(0).body,
              R"({ "stream": false, "temperature": 1.00, )"
              R"("messages": [{"role":"user","content":"ping"}],"model":"m-2"})");
}

TEST_F(Async, ARawRequestIsStreamedToWhoTakesChunks) {
    const std::string body =
        R"({"model":"m","messages":[{"role":"user","content":"tell me"}],"stream":false})";
    backend->chat_completion_raw_async(body, told.streaming_handlers()).wait();
    EXPECT_EQ(told.streamed, embedded_server::reply_to("tell me"));
    EXPECT_THROW(backend->chat_completion_raw_async("[]", told.handlers()), ConfigError);
    EXPECT_EQ(told.ends, 1);
}

TEST_F(Async, FailuresAreRetried) {
    server.enqueue(Answer::json(503, "{}"));
    server.enqueue(Answer::json(503, "{}"));
    const auto answer = backend->chat_completion_future(ask()).get();
    EXPECT_EQ(answer.metadata.attempts.size(), 3u);
    EXPECT_EQ(server.request_count(), 3u);
}

TEST_F(Async, HundredsOfCallsAtOnceTakeOneThread) {
    std::atomic<int> chunks = 0;
    std::vector<CallHandle> calls;
    std::vector<std::thread::id> threads;
    std::atomic<int> done = 0;
    for (int i = 0; i < 200; ++i) {
        calls.push_back(backend->chat_completion_async(
            ask("call " + std::to_string(i)),
            {.on_chunk = [&](const ChatChunk&) { ++chunks; },
             .on_done =
                 [&, i](const ChatCompletion& answer) {
                     done +=
                         answer.content() == embedded_server::reply_to("call " + std::to_string(i));
                     threads.push_back(std::this_thread::get_id());
                 }}));
    }
    for (const CallHandle& call : calls) call.wait();
    EXPECT_EQ(done, 200);
    EXPECT_EQ(std::ranges::count(threads, threads.front()), 200);
}

/// Whether the calling thread may be handed this signal.
bool takes(int signal) {
    sigset_t blocked{};
    ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    return ::sigismember(&blocked, signal) == 0;
}

TEST_F(Async, ItsThreadLeavesTheSignalsOfTheProcessToOthers) {
    std::promise<std::pair<bool, bool>> taken;
    backend->chat_completion_async(ask(), {.on_done = [&](const ChatCompletion&) {
                                       taken.set_value({takes(SIGTERM), takes(SIGSEGV)});
                                   }});
    EXPECT_EQ(taken.get_future().get(), std::pair(false, true));
    EXPECT_TRUE(takes(SIGTERM)) << "on the thread that started the call";
}

TEST_F(Async, OneCallAfterTheOtherUsesOneConnection) {
    for (int i = 0; i < 20; ++i) (void)backend->chat_completion_future(ask()).get();
    EXPECT_EQ(server.connection_count(), 1u);
}

// --- cancelling ---------------------------------------------------------------------------------

TEST_F(Async, AHandleCancelsItsCallAtOnce) {
    stall();
    std::promise<void> begun;
    auto handlers = told.handlers();
    handlers.on_chunk = [&](const ChatChunk&) { begun.set_value(); };
    const CallHandle call = backend->chat_completion_async(ask(), std::move(handlers));
    begun.get_future().wait();
    const auto cancelled_at = Clock::now();
    call.cancel();
    call.wait();
    EXPECT_LT(Clock::now() - cancelled_at, 1s);
    try {
        told.answer.get_future().get();
        FAIL();
    } catch (const CancelledError& error) {
        ASSERT_NE(error.partial(), nullptr);
        EXPECT_EQ(error.partial()->content(), "one");
    }
    EXPECT_FALSE(backend->is_circuit_open());
}

TEST_F(Async, AStopTokenCancelsToo) {
    stall();
    std::stop_source stop;
    const auto call =
        backend->chat_completion_async(ask(), told.handlers(), {.stop = stop.get_token()});
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 1; }));
    stop.request_stop();
    EXPECT_THROW(told.answer.get_future().get(), CancelledError);
    call.wait();
}

TEST_F(Async, ACallThatIsCancelledBeforeItStartsIsNotSent) {
    std::stop_source stop;
    stop.request_stop();
    backend->chat_completion_async(ask(), told.handlers(), {.stop = stop.get_token()}).wait();
    EXPECT_THROW(told.answer.get_future().get(), CancelledError);
    EXPECT_EQ(server.request_count(), 0u);
}

TEST_F(Async, AWaitBeforeARetryIsCancelledAtOnce) {
    server.enqueue(Answer::json(503, "{}", {{"Retry-After", "20"}}));
    const CallHandle call = backend->chat_completion_async(ask(), told.handlers());
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 1; }));
    call.cancel();
    EXPECT_TRUE(call.wait_for(5s));
    EXPECT_THROW(told.answer.get_future().get(), CancelledError);
}

// --- user code ----------------------------------------------------------------------------------

TEST_F(Async, WhatACallbackThrowsIsTheErrorOfItsCall) {
    auto handlers = told.handlers();
    handlers.on_chunk = [](const ChatChunk&) { throw std::runtime_error("mine"); };
    backend->chat_completion_async(ask(), std::move(handlers)).wait();
    EXPECT_THROW(told.answer.get_future().get(), std::runtime_error);
    EXPECT_EQ(backend->health()->breaker().snapshot().counters.failures, 0u);
    EXPECT_EQ(server.request_count(), 1u);
}

TEST_F(Async, WhatALastHandlerThrowsHarmsNoOtherCall) {
    backend->chat_completion_async(ask(), {.on_done = [](const ChatCompletion&) { throw 1; }})
        .wait();
    server.enqueue(Answer::json(401, "{}"));
    backend->chat_completion_async(ask(), {.on_error = [](const std::exception_ptr&) { throw 1; }})
        .wait();
    EXPECT_EQ(backend->chat_completion_future(ask()).get().content(), "pong");
}

TEST_F(Async, ACallbackThatWantsNoMoreEndsTheCallWell) {
    auto handlers = told.handlers();
    handlers.on_chunk = [this](const ChatChunk& chunk) {
        told.streamed += chunk.content();
        return told.streamed.empty();
    };
    backend->chat_completion_async(ask("tell me"), std::move(handlers)).wait();
    const auto answer = told.answer.get_future().get();
    EXPECT_EQ(answer.content(), told.streamed);
    EXPECT_LT(answer.content().size(), embedded_server::reply_to("tell me").size());
}

TEST_F(Async, HandlersMayStartCallsAndCancelOthers) {
    stall();
    Told stalled;
    const CallHandle other = backend->chat_completion_async(ask(), stalled.handlers());
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 1; }));
    std::promise<CallHandle> second;
    backend->chat_completion_async(
        ask(), {.on_done = [&](const ChatCompletion&) {
            other.cancel();
            second.set_value(backend->chat_completion_async(ask(), told.handlers()));
        }});
    second.get_future().get().wait();
    EXPECT_EQ(told.answer.get_future().get().content(), "pong");
    EXPECT_THROW(stalled.answer.get_future().get(), CancelledError);
}

class AsyncSlow : public Async {
protected:
    /// The first line that is logged when a call of a client with these hooks ends so.
    std::string first_line(Hooks hooks, CallHandlers handlers) {
        std::promise<std::string> logged;
        options.log = [&, once = std::make_shared<std::once_flag>()](LogLevel,
                                                                     std::string_view text) {
            std::call_once(*once, [&] { logged.set_value(std::string(text)); });
        };
        options.async.slow_handler = 5ms;
        options.hooks = std::move(hooks);
        backend = create_openai_backend(options);
        backend->chat_completion_async(ask(), std::move(handlers));
        return logged.get_future().get();
    }

    static void take_time() { std::this_thread::sleep_for(20ms); }
};

TEST_F(AsyncSlow, HandlerIsNamedInTheLog) {
    const std::string line =
        first_line({}, {.on_done = [](const ChatCompletion&) { take_time(); }});
    EXPECT_TRUE(line.starts_with("a handler of a call to " + server.url())) << line;
}

TEST_F(AsyncSlow, HookIsNamedInTheLog) {
    const std::string line = first_line(
        {.on_attempt_finished = [](const CallInfo&, const AttemptInfo&) { take_time(); }}, {});
    EXPECT_TRUE(line.starts_with("a handler of a call to " + server.url())) << line;
}

TEST_F(Async, ASlowHandlerCostsNoOtherCallItsLimits) {  // T5, of more sockets than one look takes
    // Longer than a busy machine may take for them all, shorter than the handler.
    constexpr std::chrono::milliseconds limit = slow_build ? 12s : 3s;
    const TimeoutOptions limits{.connect = limit, .first_byte = limit, .idle = limit};
    backend->chat_completion_async(ask(), {.on_done = [&](const ChatCompletion&) {
                                       std::this_thread::sleep_for(limit + 500ms);
                                   }});
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 1; }));
    std::vector<std::future<ChatCompletion>> answers;
    for (int i = 0; i < 300; ++i) {
        server.enqueue(Answer::json(200, R"({"choices":[{"message":{"content":"late"}}]})")
                           .delay(std::chrono::milliseconds(i)));
    }
    for (int i = 0; i < 300; ++i) {
        answers.push_back(backend->chat_completion_future(ask(), {.timeouts = limits}));
    }
    for (auto& answer : answers) EXPECT_EQ(answer.get().content(), "late");
}

TEST_F(Async, ASlowHookIsNoSilenceOfACallThatWasReadBeforeIt) {  // T5
    const TimeoutOptions limits{.first_byte = 30s, .idle = 1s};
    options.hooks.on_first_chunk = [](const CallInfo&, Duration) {
        std::this_thread::sleep_for(1300ms);
    };
    backend = create_openai_backend(options);
    const auto whole = Answer::stream(with_done(three_word_events()));
    const auto in_two = whole.pause_at(whole.wire().size() / 2, 1500ms);
    server.enqueue(in_two.delay(300ms));
    server.enqueue(in_two.delay(350ms));
    std::vector<std::unique_ptr<Told>> all;
    for (std::size_t i = 0; i < 2; ++i) {
        all.push_back(std::make_unique<Told>());
        backend->chat_completion_async(ask(), all.back()->streaming_handlers(),
                                       {.timeouts = limits});
        ASSERT_TRUE(server.wait_until([&] { return server.request_count() == i + 1; }));
    }
    // While this one takes its time, the first chunk comes for either: they are read in one turn.
    backend->chat_completion_async(
        ask(), {.on_done = [](const ChatCompletion&) { std::this_thread::sleep_for(600ms); }});
    for (const auto& one : all) {
        EXPECT_EQ(one->answer.get_future().get().content(), "one two three");
    }
}

TEST_F(Async, ASlowCallbackIsNoSilenceOfACallThatWasReadBeforeIt) {  // T5
    const TimeoutOptions limits{.first_byte = 30s, .idle = 500ms};
    const auto whole = Answer::stream({content_chunk("one")});
    const auto begun = whole.cut_after(whole.wire().size() - 5).then_stall();
    std::promise<TimePoint> timed_out;
    std::promise<TimePoint> callback_ended;
    const auto await_requests = [&](std::size_t count) {
        ASSERT_TRUE(server.wait_until([&] { return server.request_count() == count; }));
    };
    server.enqueue(begun.delay(300ms));
    server.enqueue(begun.delay(350ms));
    backend->chat_completion_async(
        ask(),
        {.on_chunk = [](const ChatChunk&) {},
         .on_error = [&](const std::exception_ptr&) { timed_out.set_value(Clock::now()); }},
        {.timeouts = limits});
    await_requests(1);
    const CallHandle slow =
        backend->chat_completion_async(ask(), {.on_chunk = [&](const ChatChunk&) {
                                           std::this_thread::sleep_for(700ms);
                                           callback_ended.set_value(Clock::now());
                                       }});
    await_requests(2);
    // While this one takes its time, a chunk comes for either: they are read in one turn.
    backend->chat_completion_async(
        ask(), {.on_done = [](const ChatCompletion&) { std::this_thread::sleep_for(600ms); }});
    const auto ended = timed_out.get_future().get();
    EXPECT_GE(ended - callback_ended.get_future().get(), 250ms);
    slow.cancel();
    slow.wait();
}

// --- how many at once ---------------------------------------------------------------------------

class AsyncOneAtATime : public Async {
protected:
    AsyncOneAtATime() {
        options.async.max_in_flight = 1;
        make_backend();
    }
    void make_backend() { backend = create_openai_backend(options); }
    /// A call that is under way until it is cancelled.
    CallHandle occupy() {
        stall();
        const CallHandle call = backend->chat_completion_async(ask(), {});
        EXPECT_TRUE(server.wait_until([&] { return server.request_count() == 1; }));
        return call;
    }
};

TEST_F(AsyncOneAtATime, TheNextCallStartsWhenOneEnds) {
    const CallHandle first = occupy();
    const CallHandle second = backend->chat_completion_async(ask(), told.handlers());
    EXPECT_FALSE(second.wait_for(20ms));
    EXPECT_EQ(server.request_count(), 1u);
    first.cancel();
    EXPECT_EQ(told.answer.get_future().get().content(), "pong");
}

TEST_F(AsyncOneAtATime, CallsThatWaitKeepTheirOrder) {
    const CallHandle first = occupy();
    std::vector<CallHandle> calls;
    for (int i = 0; i < 5; ++i) {
        calls.push_back(backend->chat_completion_async(ask("call " + std::to_string(i)), {}));
    }
    calls[1].cancel();
    calls[1].wait();
    first.cancel();
    for (const CallHandle& call : calls) call.wait();
    std::string order;
    for (const auto& request : server.requests()) {
        const auto at = request.body.find("call ");
        if (at != std::string::npos) order += request.body[at + 5];
    }
    EXPECT_EQ(order, "0234");
}

TEST_F(AsyncOneAtATime, TheDeadlineOfACallThatWaitsRunsOn) {
    const CallHandle first = occupy();
    backend->chat_completion_async(ask(), told.handlers(), {.deadline = 30ms});
    try {
        (void)told.answer.get_future().get();
        FAIL();
    } catch (const TimeoutError& error) {
        EXPECT_EQ(error.limit(), TimeLimit::deadline);
        EXPECT_TRUE(error.attempts().empty());
    }
    EXPECT_FALSE(first.done());
}

TEST_F(AsyncOneAtATime, ACallTooManyIsRefusedWhereThatIsAskedFor) {
    options.async.overflow = AsyncOptions::Overflow::refuse;
    make_backend();
    const CallHandle first = occupy();
    EXPECT_THROW(backend->chat_completion_async(ask(), told.handlers()), LimitExceededError);
    EXPECT_EQ(told.ends, 0);
    first.cancel();
    first.wait();
    EXPECT_EQ(backend->chat_completion_future(ask()).get().content(), "pong");
}

TEST_F(AsyncOneAtATime, ThousandsOfCallsThatFailAtOnceNeedNoStack) {
    backend->health()->breaker().isolate();
    std::atomic<int> refused = 0;
    std::vector<CallHandle> calls;
    for (int i = 0; i < 20'000; ++i) {
        calls.push_back(backend->chat_completion_async(
            ask(), {.on_error = [&](const std::exception_ptr&) { ++refused; }}));
    }
    for (const CallHandle& call : calls) call.wait();
    EXPECT_EQ(refused, 20'000);
}

bool is_refusal(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const CircuitBreakerError&) {
        return true;
    } catch (...) {
        return false;
    }
}

TEST_F(Async, OneOfTheCallsOfAHalfOpenCircuitProbes) {  // B2
    options.breaker.fail_max = 1;
    options.breaker.reset_timeout = 1ms;
    options.retry.max_retries = 0;
    backend = create_openai_backend(options);
    server.enqueue(Answer::json(500, "{}"));
    std::atomic<int> answered = 0;
    std::atomic<int> refused = 0;
    std::vector<CallHandle> calls;
    // Started by a handler, they are all there before an answer can be.
    const auto start_calls = [&](const std::exception_ptr&) {
        const CircuitBreaker& breaker = backend->health()->breaker();
        while (breaker.retry_in(Clock::now()) > Duration::zero()) std::this_thread::yield();
        for (int i = 0; i < 10; ++i) {
            calls.push_back(backend->chat_completion_async(
                ask(), {.on_done = [&](const ChatCompletion&) { ++answered; },
                        .on_error =
                            [&](const std::exception_ptr& error) {
                                refused += is_refusal(error) ? 1 : 0;
                            }}));
        }
    };
    backend->chat_completion_async(ask(), {.on_error = start_calls}).wait();
    for (const CallHandle& call : calls) call.wait();
    EXPECT_EQ(answered, 1);
    EXPECT_EQ(refused, 9);
    EXPECT_EQ(server.request_count(), 2u);
    EXPECT_FALSE(backend->is_circuit_open());
}

TEST_F(Async, CallsThatWaitForAHandshakeThatHangsTimeOutTogether) {
    const embedded_server::HangingPort hanging;
    auto url = hanging.url();
    url.replace(0, url.find(':'), "https");
    options.base_url = url;
    options.timeouts.connect = 200ms;
    options.retry.max_retries = 0;
    options.breaker.fail_max = 100;
    backend = create_openai_backend(options);
    const auto begun = Clock::now();
    std::vector<std::future<ChatCompletion>> answers;
    for (int i = 0; i < 20; ++i) answers.push_back(backend->chat_completion_future(ask()));
    for (auto& answer : answers) EXPECT_THROW(answer.get(), TimeoutError);
    EXPECT_LT(Clock::now() - begun, 2s);  // Not 20 times 200 ms.
}

TEST_F(Async, CallsWaitForAConnectionAndThatIsNoTimeSpentConnecting) {  // T5
    options.async.max_connections_per_host = 2;
    options.timeouts.connect = 100ms;
    backend = create_openai_backend(options);
    constexpr int calls = 8;
    for (int i = 0; i < calls; ++i) {
        server.enqueue(Answer::stream(with_done(three_word_events())).delay(60ms));
    }
    std::vector<std::unique_ptr<Told>> all;
    for (int i = 0; i < calls; ++i) {
        all.push_back(std::make_unique<Told>());
        backend->chat_completion_async(ask(), all.back()->streaming_handlers());
    }
    for (const auto& one : all) {
        EXPECT_EQ(one->answer.get_future().get().content(), "one two three");
    }
    EXPECT_EQ(server.connection_count(), 2u);
}

// --- the end of a client ------------------------------------------------------------------------

TEST_F(Async, DestroyingTheClientCancelsItsCallsAndTellsThem) {
    std::vector<std::unique_ptr<Told>> all;
    std::vector<CallHandle> calls;
    for (int i = 0; i < 20; ++i) {
        stall();
        all.push_back(std::make_unique<Told>());
        calls.push_back(backend->chat_completion_async(ask(), all.back()->streaming_handlers()));
    }
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 20; }));
    backend.reset();
    for (const CallHandle& call : calls)
        EXPECT_TRUE(call.wait_for(10s));  // If 50 ms were not enough.
    for (const auto& one : all) {
        EXPECT_EQ(one->ends, 1);
        EXPECT_THROW(one->answer.get_future().get(), CancelledError);
    }
}

TEST_F(Async, AHandlerStartsNoCallOfAClientThatIsBeingDestroyed) {
    stall();
    std::promise<bool> refused;
    OpenAICloudBackend& client = *backend;
    const auto call =
        client.chat_completion_async(ask(), {.on_error = [&](const std::exception_ptr&) {
                                         try {
                                             (void)client.chat_completion_async(ask(), {});
                                             refused.set_value(false);
                                         } catch (const CancelledError&) {
                                             refused.set_value(true);
                                         }
                                     }});
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 1; }));
    backend.reset();
    EXPECT_TRUE(refused.get_future().get());
}

TEST_F(Async, ASlowHandlerDoesNotHoldUpTheEndOfTheClient) {
    std::promise<void> in_handler;
    std::promise<void> let_go;
    const auto call = backend->chat_completion_async(
        ask(), {.on_done = [&, wait = let_go.get_future().share()](const ChatCompletion&) {
            in_handler.set_value();
            wait.wait();
        }});
    in_handler.get_future().wait();
    const auto begun = Clock::now();
    backend.reset();
    const auto took = Clock::now() - begun;
    EXPECT_FALSE(call.done());
    let_go.set_value();
    EXPECT_TRUE(call.wait_for(10s));
    EXPECT_LT(took, 2s);  // 50 ms, on a machine that is not busy.
}

TEST_F(Async, AHandlerMayDestroyTheClient) {
    for (const bool streamed : {false, true}) {
        backend = create_openai_backend(options);
        CallHandlers handlers;
        if (streamed) {
            handlers.on_chunk = [&](const ChatChunk&) { backend.reset(); };
        }
        std::promise<bool> cancelled;
        handlers.on_done = [&](const ChatCompletion&) {
            backend.reset();
            cancelled.set_value(false);
        };
        handlers.on_error = [&](const std::exception_ptr&) { cancelled.set_value(true); };
        const auto call = backend->chat_completion_async(ask("tell me"), std::move(handlers));
        EXPECT_EQ(cancelled.get_future().get(), streamed);
        call.wait();
        EXPECT_EQ(backend, nullptr);
    }
}

TEST_F(Async, WhatHandlersHoldIsLetGoOfBeforeTheCallIsDone) {
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> seen = held;
    const auto call = backend->chat_completion_async(
        ask(), {.on_done = [held = std::move(held)](const ChatCompletion&) {}});
    call.wait();
    EXPECT_TRUE(seen.expired());
}

TEST_F(Async, ClientsThatComeAndGoLeaveNothingBehind) {
    const auto come_and_go = [&] {
        const auto short_lived = create_openai_backend(options);
        (void)short_lived->chat_completion_future(ask()).get();
    };
    come_and_go();
    ASSERT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }));
    const auto descriptors = open_descriptors();
    for (int i = 0; i < 50; ++i) come_and_go();
    ASSERT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }));
    EXPECT_EQ(open_descriptors(), descriptors);
}

TEST_F(Async, ManyThreadsStartAndCancelCalls) {
    std::atomic<int> ended = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&, t] {
                std::vector<CallHandle> started;
                for (int i = 0; i < 25; ++i) {
                    const auto call = backend->chat_completion_async(
                        ask(), {.on_done = [&](const ChatCompletion&) { ++ended; },
                                .on_error = [&](const std::exception_ptr&) { ++ended; }});
                    if ((i + t) % 3 == 0) call.cancel();
                    if (i % 5 == 0) call.wait();
                    started.push_back(call);
                }
                for (const CallHandle& call : started) call.wait();
            });
        }
    }
    EXPECT_EQ(ended, 200);
}

}  // namespace
}  // namespace cloud_backend::test
