#include "manual_backend.hpp"
#include "scripted_backend.hpp"
#include "waiting_function.hpp"

#include <cloud_backend/backend_error.hpp>
#include <cloud_backend/callable_backend.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/fallback.hpp>
#include <cloud_backend/hedging.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <exception>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// Threads, ownership and ends of hedged calls; what they decide is in hedged_call_test.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

ErrorDetails fallen_over() {
    return {.code = ErrorCode::internal_server, .message = "it fell over"};
}

class HedgedBackend : public ::testing::Test {
protected:
    static constexpr auto usual = 100ms;
    static constexpr int enough_samples = 20;

    // What a call tells.
    struct Told {
        std::string streamed{};
        std::optional<ChatCompletion> answer{};
        std::exception_ptr error{};
        std::size_t ends = 0;

        [[nodiscard]] std::optional<ErrorCode> error_code() const {
            if (error == nullptr) return std::nullopt;
            try {
                std::rethrow_exception(error);
            } catch (const Error& thrown) {
                return thrown.code();
            }
        }
    };

    TimePoint now{1h};
    std::vector<std::pair<Duration, std::function<void()>>> timers{};
    std::vector<std::string> told_hedges{};
    std::shared_ptr<ManualBackend> a = std::make_shared<ManualBackend>();
    std::shared_ptr<ManualBackend> b = std::make_shared<ManualBackend>();
    HedgingOptions options{.on_hedge =
                               [this](const Hedge& hedge) {
                                   told_hedges.push_back(std::string(hedge.primary) + " " +
                                                         std::string(hedge.secondary));
                               },
                           .now = [this] { return now; },
                           .run_after =
                               [this](Duration wait, std::function<void()> function) {
                                   timers.emplace_back(wait, std::move(function));
                               }};
    const ChatRequest request{.model = "m"};
    Told told{};

    std::unique_ptr<cloud_backend::HedgedBackend> hedged(std::shared_ptr<ChatBackend> primary,
                                                         std::shared_ptr<ChatBackend> secondary) {
        return std::make_unique<cloud_backend::HedgedBackend>(
            FallbackBackend{.name = "a", .backend = std::move(primary)},
            FallbackBackend{.name = "b", .backend = std::move(secondary), .model = "other"},
            options);
    }
    /// One that knows what is usual, for plain and for streamed calls.
    std::unique_ptr<cloud_backend::HedgedBackend> trained() {
        auto both = hedged(a, b);
        for (int i = 0; i < enough_samples; ++i) {
            (void)both->chat_completion_async(request, {.on_chunk = [](const ChatChunk&) {}});
            now += usual;
            EXPECT_TRUE(a->call().give(content_chunk_of("x")));
            a->call().answer(completion_of("x"));
            (void)both->chat_completion_async(request, {});
            now += usual;
            a->call().answer(completion_of("x"));
        }
        timers.clear();
        return both;
    }
    /// Both are at work on the call whose handlers these are.
    CallHandle start_both(cloud_backend::HedgedBackend& both, CallHandlers handlers) {
        const CallHandle call = both.chat_completion_async(request, std::move(handlers));
        now += usual;
        EXPECT_EQ(timers.size(), 1u);
        run_timer();
        EXPECT_EQ(b->call().request().model, "other");
        return call;
    }
    void run_timer() {
        const auto function = std::move(timers.at(0).second);
        timers.erase(timers.begin());
        function();
    }
    static CallHandlers plain_to(Told& told) {
        return {.on_done =
                    [&told](ChatCompletion completion) {
                        told.answer = std::move(completion);
                        ++told.ends;
                    },
                .on_error =
                    [&told](std::exception_ptr thrown) {
                        told.error = std::move(thrown);
                        ++told.ends;
                    }};
    }
    static CallHandlers streamed_to(Told& told) {
        CallHandlers handlers = plain_to(told);
        handlers.on_chunk = [&told](const ChatChunk& chunk) {
            told.streamed +=
                chunk.choices.at(0).delta.role ? "<role>" : std::string(chunk.content());
        };
        return handlers;
    }
};

// --- hedges -------------------------------------------------------------------------------------

TEST_F(HedgedBackend, TheSecondIsAskedWhenTheTimeHasPassedAndNotBefore) {
    const auto both = trained();
    const std::size_t asked = a->size();
    const CallHandle call = both->chat_completion_async(request, streamed_to(told));
    EXPECT_EQ(a->size(), asked + 1);
    ASSERT_EQ(timers.size(), 1u);
    EXPECT_EQ(timers[0].first, usual);
    EXPECT_EQ(b->size(), 0u);
    EXPECT_TRUE(told_hedges.empty());
    run_timer();
    EXPECT_EQ(b->size(), 1u);
    EXPECT_EQ(told_hedges, std::vector<std::string>{"a b"});
    EXPECT_FALSE(call.done());
    a->call().answer(completion_of("one"));
    b->call().cancel();
    EXPECT_EQ(told.ends, 1u);
}

TEST_F(HedgedBackend, NobodyWaitsBeforeItIsKnownWhatIsUsual) {
    const auto both = hedged(a, b);
    for (int i = 0; i < enough_samples; ++i) {
        (void)both->chat_completion_async(request, {});
        EXPECT_TRUE(timers.empty());
        a->call().answer(completion_of("x"));
    }
    (void)both->chat_completion_async(request, {.on_chunk = [](const ChatChunk&) {}});
    EXPECT_TRUE(timers.empty());  // Of streams nothing is known.
    a->call().answer(completion_of("x"));
    (void)both->chat_completion_async(request, {});
    EXPECT_EQ(timers.size(), 1u);
    a->call().answer(completion_of("x"));
}

TEST_F(HedgedBackend, TheQuickerStreamIsDeliveredAndTheOtherCancelled) {
    const auto both = trained();
    const CallHandle call = start_both(*both, streamed_to(told));
    EXPECT_TRUE(a->call().give(role_chunk()));  // They say nothing yet.
    EXPECT_TRUE(b->call().give(role_chunk()));
    EXPECT_EQ(told.streamed, "");
    EXPECT_FALSE(a->call().is_cancelled());
    EXPECT_TRUE(b->call().give(content_chunk_of("tw")));
    EXPECT_EQ(told.streamed, "<role>tw");
    EXPECT_TRUE(a->call().is_cancelled());
    EXPECT_FALSE(b->call().is_cancelled());
    EXPECT_FALSE(a->call().give(content_chunk_of("on")));  // Too late.
    EXPECT_TRUE(b->call().give(content_chunk_of("o")));
    a->call().cancel();
    EXPECT_EQ(told.ends, 0u);
    b->call().answer(completion_of("two"));
    EXPECT_EQ(told.streamed, "<role>two");
    ASSERT_TRUE(told.answer);
    EXPECT_EQ(told.answer->metadata.backend, "b");
    EXPECT_EQ(told.answer->metadata.failures.at(0).backend, "a");
    EXPECT_EQ(told.ends, 1u);
    EXPECT_TRUE(call.done());
}

TEST_F(HedgedBackend, TheQuickerAnswerDoesNotWaitForTheOther) {
    const auto both = trained();
    const CallHandle call = start_both(*both, plain_to(told));
    b->call().answer(completion_of("two"));
    EXPECT_TRUE(call.done());
    EXPECT_TRUE(a->call().is_cancelled());
    a->call().answer(completion_of("one"));  // It took no notice.
    ASSERT_TRUE(told.answer);
    EXPECT_EQ(told.answer->content(), "two");
    EXPECT_EQ(told.ends, 1u);
}

TEST_F(HedgedBackend, AStreamOfNothingButTheRoleIsDeliveredWhenItIsAnswered) {
    const auto both = trained();
    (void)start_both(*both, streamed_to(told));
    EXPECT_TRUE(a->call().give(role_chunk()));
    EXPECT_TRUE(b->call().give(role_chunk()));
    a->call().answer(completion_of(""));
    EXPECT_EQ(told.streamed, "<role>");
    EXPECT_TRUE(b->call().is_cancelled());
    b->call().answer(completion_of(""));
    EXPECT_EQ(told.streamed, "<role>");
    EXPECT_EQ(told.ends, 1u);
}

TEST_F(HedgedBackend, WhatWasHeldBackOfOneThatFailsGoesWithIt) {  // F3
    const auto both = trained();
    (void)start_both(*both, streamed_to(told));
    EXPECT_TRUE(a->call().give(role_chunk()));
    a->call().fail(fallen_over());
    EXPECT_TRUE(b->call().give(content_chunk_of("two")));
    b->call().answer(completion_of("two"));
    EXPECT_EQ(told.streamed, "two");
    ASSERT_TRUE(told.answer);
    EXPECT_EQ(told.answer->metadata.failures.at(0).error->message, "it fell over");
}

TEST_F(HedgedBackend, WhatWasHeldBackIsNoPartialAnswer) {  // F3
    ErrorDetails broken = fallen_over();
    broken.partial = std::make_shared<const ChatCompletion>(completion_of("on"));
    const auto both = trained();
    (void)both->chat_completion_async(request, streamed_to(told));
    EXPECT_TRUE(a->call().give(role_chunk()));
    a->call().fail(broken);
    ASSERT_NE(told.error, nullptr);
    try {
        std::rethrow_exception(told.error);
    } catch (const Error& error) {
        EXPECT_EQ(error.partial(), nullptr);
    }
    (void)both->chat_completion_async(request, streamed_to(told));
    EXPECT_TRUE(a->call().give(content_chunk_of("on")));
    a->call().fail(broken);
    try {
        std::rethrow_exception(told.error);
    } catch (const Error& error) {
        ASSERT_NE(error.partial(), nullptr);
        EXPECT_EQ(error.partial()->content(), "on");
    }
}

TEST_F(HedgedBackend, ASecondThatCannotBeStartedIsAFailureLikeAnyOther) {
    const auto both = trained();
    b->start_error = fallen_over();
    (void)both->chat_completion_async(request, plain_to(told));
    run_timer();
    EXPECT_EQ(told.ends, 0u);
    a->call().answer(completion_of("one"));
    ASSERT_TRUE(told.answer);
    EXPECT_EQ(told.answer->metadata.failures.at(0).backend, "b");
}

TEST_F(HedgedBackend, ATimerThatComesTooLateDoesNothing) {
    auto both = trained();
    (void)both->chat_completion_async(request, plain_to(told));
    a->call().answer(completion_of("one"));
    run_timer();
    (void)both->chat_completion_async(request, plain_to(told));
    a->call().answer(completion_of("one"));
    both.reset();
    run_timer();
    EXPECT_EQ(b->size(), 0u);
    EXPECT_EQ(told.ends, 2u);
}

TEST_F(HedgedBackend, WhatTheTimerOrTheHookThrowsIsDropped) {
    options.on_hedge = [](const Hedge&) { throw std::runtime_error("mine"); };
    const auto both = trained();
    (void)start_both(*both, plain_to(told));
    b->call().answer(completion_of("two"));
    a->call().cancel();
    EXPECT_EQ(told.ends, 1u);
    options.run_after = [](Duration, std::function<void()>) { throw std::runtime_error("mine"); };
    const auto without_timer = trained();
    (void)without_timer->chat_completion_async(request, plain_to(told));
    a->call().answer(completion_of("one"));
    EXPECT_EQ(told.ends, 2u);
}

TEST_F(HedgedBackend, ATimerOfItsOwnAsksTheSecond) {
    options.run_after = {};
    const auto both =
        hedged(a, std::make_shared<CallableBackend>(
                      [](const ChatRequest&, const CallOptions&) { return completion_of("two"); }));
    for (int i = 0; i < enough_samples; ++i) {
        (void)both->chat_completion_async(request, {});
        a->call().answer(completion_of("x"));  // At once, by the clock of the test.
    }
    auto answer = both->chat_completion_future(request);
    EXPECT_EQ(answer.get().content(), "two");
    EXPECT_TRUE(a->call().is_cancelled());
    a->call().cancel();
}

// --- ends ---------------------------------------------------------------------------------------

TEST_F(HedgedBackend, WhatIsOverBeforeAnythingWasStartedIsThrown) {
    const auto both = hedged(a, b);
    a->start_error = fallen_over();
    EXPECT_THROW(both->chat_completion_async(request, plain_to(told)), InternalServerError);
    EXPECT_EQ(b->size(), 0u);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(both->chat_completion_async(request, plain_to(told), {.stop = stop.get_token()}),
                 CancelledError);
    a->refusal = b->refusal = fallen_over();
    EXPECT_THROW(both->chat_completion_async(request, plain_to(told)), AllBackendsFailedError);
    EXPECT_EQ(told.ends, 0u);
}

TEST_F(HedgedBackend, ItIsUnavailableWhereBothAre) {  // F1
    const auto both = hedged(a, b);
    a->refusal = fallen_over();
    EXPECT_FALSE(both->unavailable("m"));
    (void)both->chat_completion_async(request, plain_to(told));
    EXPECT_EQ(a->size(), 0u);
    b->call().answer(completion_of("two"));
    EXPECT_EQ(told.answer->metadata.backend, "b");
    b->refusal = fallen_over();
    ASSERT_TRUE(both->unavailable("m"));
    EXPECT_EQ(both->unavailable("m")->failures.size(), 2u);
    a->refusal.reset();
    EXPECT_FALSE(both->unavailable("m"));
}

TEST_F(HedgedBackend, ACancelCancelsBoth) {  // T1
    const auto both = trained();
    const CallHandle call = start_both(*both, streamed_to(told));
    EXPECT_FALSE(a->call().is_cancelled());
    call.cancel();
    EXPECT_TRUE(a->call().is_cancelled());
    EXPECT_TRUE(b->call().is_cancelled());
    b->call().cancel();
    EXPECT_EQ(told.error_code(), ErrorCode::cancelled);
    EXPECT_FALSE(a->call().give(content_chunk_of("x")));
    a->call().cancel();
    EXPECT_EQ(told.streamed, "");
    EXPECT_EQ(told.ends, 1u);
}

TEST_F(HedgedBackend, WhatTheCallbackThrowsIsToldUnchanged) {  // T7
    const auto both = trained();
    CallHandlers throwing = streamed_to(told);
    throwing.on_chunk = [](const ChatChunk&) { throw std::out_of_range("mine"); };
    (void)start_both(*both, std::move(throwing));
    EXPECT_THROW((void)b->call().give(content_chunk_of("x")), std::out_of_range);
    EXPECT_TRUE(a->call().is_cancelled());
    a->call().cancel();
    EXPECT_EQ(told.ends, 0u);
    b->call().answer(completion_of("x"));  // It kept the exception to itself.
    ASSERT_NE(told.error, nullptr);
    EXPECT_THROW(std::rethrow_exception(told.error), std::out_of_range);
    EXPECT_EQ(told.ends, 1u);
}

TEST_F(HedgedBackend, ACallbackThatStopsIsAnsweredWithWhatCame) {  // F3
    const auto both = trained();
    CallHandlers stopping = streamed_to(told);
    stopping.on_chunk = [](const ChatChunk&) { return false; };
    (void)start_both(*both, std::move(stopping));
    EXPECT_TRUE(b->call().give(role_chunk()));
    EXPECT_FALSE(b->call().give(content_chunk_of("x")));
    b->call().answer(completion_of("x"));
    a->call().cancel();
    ASSERT_TRUE(told.answer);
    EXPECT_EQ(told.answer->content(), "");  // The role was all that was delivered.
    EXPECT_EQ(told.answer->metadata.backend, "b");
}

TEST_F(HedgedBackend, IsABackendOfARouter) {  // F1, F6
    const auto third = std::make_shared<ManualBackend>();
    FallbackRouter router(
        {{.name = "hedged", .backend = trained()}, {.name = "c", .backend = third}});
    (void)router.chat_completion_async(request, streamed_to(told));
    run_timer();
    EXPECT_TRUE(b->call().give(content_chunk_of("two")));
    b->call().answer(completion_of("two"));
    a->call().cancel();
    ASSERT_TRUE(told.answer);
    EXPECT_EQ(told.answer->metadata.backend, "hedged/b");
    (void)router.chat_completion_async(request, streamed_to(told));
    a->call().fail(fallen_over());
    third->call().answer(completion_of("three"));
    EXPECT_EQ(told.answer->metadata.backend, "c");
    EXPECT_EQ(told.ends, 2u);
}

TEST_F(HedgedBackend, OptionsThatCannotBeMeantAreRefused) {
    const auto make = [](FallbackBackend primary, FallbackBackend secondary,
                         HedgingOptions given = {}) {
        cloud_backend::HedgedBackend(std::move(primary), std::move(secondary), std::move(given));
    };
    const FallbackBackend first{.name = "a", .backend = a}, second{.name = "b", .backend = b};
    EXPECT_NO_THROW(make(first, second));
    EXPECT_THROW(make(first, first), ConfigError);
    EXPECT_THROW(make({.name = "a"}, second), ConfigError);
    EXPECT_THROW(make({.backend = a}, second), ConfigError);
    EXPECT_THROW(make(first, second, {.now = nullptr}), ConfigError);
    EXPECT_THROW(make(first, second, {.budget = {.capacity = -1}}), ConfigError);
    EXPECT_THROW(make(first, second, {.budget = {.refund = std::nan("")}}), ConfigError);
}

// --- what is whose ------------------------------------------------------------------------------

TEST_F(HedgedBackend, AHandlerMayDestroyIt) {
    auto both = trained();
    CallHandlers destroying = streamed_to(told);
    destroying.on_chunk = [&](const ChatChunk&) { both.reset(); };
    const CallHandle call = start_both(*both, std::move(destroying));
    (void)b->call().give(content_chunk_of("x"));
    EXPECT_EQ(both, nullptr);
    EXPECT_TRUE(b->call().is_cancelled());
    b->call().cancel();
    EXPECT_EQ(told.error_code(), ErrorCode::cancelled);
    a->call().cancel();
    EXPECT_EQ(told.ends, 1u);
    EXPECT_TRUE(call.done());
}

TEST_F(HedgedBackend, TheLastHandlerMayDestroyItAndStartACallOfAnother) {
    auto both = trained();
    const auto other = hedged(b, a);
    CallHandlers last{.on_done = [&](const ChatCompletion&) {
        both.reset();
        (void)other->chat_completion_async(request, plain_to(told));
    }};
    (void)start_both(*both, std::move(last));
    b->call().answer(completion_of("two"));
    a->call().cancel();
    b->call().answer(completion_of("three"));
    ASSERT_TRUE(told.answer);
    EXPECT_EQ(told.answer->content(), "three");
}

TEST_F(HedgedBackend, TheHookMayDestroyIt) {
    std::unique_ptr<cloud_backend::HedgedBackend> both;
    options.on_hedge = [&](const Hedge&) { both.reset(); };
    both = trained();
    (void)start_both(*both, plain_to(told));
    EXPECT_TRUE(b->call().is_cancelled());
    b->call().cancel();
    a->call().cancel();
    EXPECT_EQ(told.error_code(), ErrorCode::cancelled);
    EXPECT_EQ(told.ends, 1u);
}

TEST_F(HedgedBackend, TheLosersBackendLivesUntilItsCallIsOver) {
    const std::weak_ptr<ManualBackend> first = a, second = b;
    auto both = trained();
    (void)start_both(*both, plain_to(told));
    const auto lost = a->shared_call(), won = b->shared_call();
    a.reset();
    b.reset();
    won->answer(completion_of("two"));
    EXPECT_FALSE(second.expired());
    both.reset();
    EXPECT_TRUE(second.expired());
    EXPECT_FALSE(first.expired());
    lost->handlers().on_error(std::make_exception_ptr(CancelledError(fallen_over())));
    EXPECT_TRUE(first.expired());
    EXPECT_EQ(told.ends, 1u);
}

TEST_F(HedgedBackend, HandlersAreDestroyedBeforeTheCallIsDone) {
    const auto both = trained();
    auto kept = std::make_shared<int>();
    const std::weak_ptr<int> watched = kept;
    const CallHandle call =
        start_both(*both, {.on_done = [kept = std::move(kept)](const ChatCompletion&) {}});
    EXPECT_FALSE(watched.expired());
    b->call().answer(completion_of("two"));
    EXPECT_TRUE(call.done());
    EXPECT_TRUE(watched.expired());  // Though the loser is still at work.
    a->call().cancel();
}

TEST_F(HedgedBackend, DestroyingItCancelsItsCallsAndWaitsForThem) {
    std::promise<void> is_called;
    auto both = hedged(std::make_shared<CallableBackend>(waiting_for_a_cancel(is_called)), b);
    const CallHandle call = both->chat_completion_async(request, streamed_to(told));
    is_called.get_future().wait();
    both.reset();
    ASSERT_TRUE(call.wait_for(30s));  // At once, on a quiet machine.
    EXPECT_EQ(told.error_code(), ErrorCode::cancelled);
}

// --- the forms that block -----------------------------------------------------------------------

class BlockingHedge : public HedgedBackend {
protected:
    /// A backend on threads of its own that streams a text a letter at a time.
    static std::shared_ptr<ChatBackend> spelling(std::string text) {
        return std::make_shared<CallableBackend>(
            [text = std::move(text)](const ChatRequest&, const ChunkCallback& on_chunk,
                                     const CallOptions&) {
                if (!on_chunk(role_chunk())) return;
                for (const char letter : text) {
                    if (!on_chunk(content_chunk_of(std::string(1, letter)))) return;
                }
            });
    }
};

TEST_F(BlockingHedge, ReturnsTheAnswer) {
    const auto both = hedged(spelling("one"), b);
    const ChatCompletion answer = both->chat_completion(request);
    EXPECT_EQ(answer.content(), "one");
    EXPECT_EQ(answer.metadata.backend, "a");
}

TEST_F(BlockingHedge, StreamsOnTheCallersThread) {
    const auto both = hedged(spelling("one"), b);
    const auto caller = std::this_thread::get_id();
    std::string streamed;
    const ChatCompletion answer = both->chat_completion(request, [&](const ChatChunk& chunk) {
        EXPECT_EQ(std::this_thread::get_id(), caller);
        streamed += chunk.content();
    });
    EXPECT_EQ(streamed, "one");
    EXPECT_EQ(answer.content(), "one");
}

TEST_F(BlockingHedge, ThrowsWhatTheCallEndsWith) {
    const auto failing = std::make_shared<CallableBackend>(
        [](const ChatRequest&, const CallOptions&) -> ChatCompletion { raise(fallen_over()); });
    const auto both = hedged(failing, b);
    EXPECT_THROW((void)both->chat_completion(request), InternalServerError);
    EXPECT_THROW((void)both->chat_completion(request, [](const ChatChunk&) {}),
                 InternalServerError);
    EXPECT_THROW((void)both->chat_completion(request, {.deadline = 0ms}), TimeoutError);
}

TEST_F(BlockingHedge, ThrowsWhatTheCallbackThrows) {  // T7
    const auto both = hedged(spelling("one"), b);
    const auto throwing = [](const ChatChunk&) { throw std::out_of_range("mine"); };
    EXPECT_THROW((void)both->chat_completion(request, throwing), std::out_of_range);
}

TEST_F(BlockingHedge, ACallbackThatStopsIsAnsweredWithWhatCame) {
    const auto both = hedged(spelling("one"), b);
    const ChatCompletion answer = both->chat_completion(
        request, [](const ChatChunk& chunk) { return chunk.content() != "n"; });
    EXPECT_EQ(answer.content(), "on");
}

TEST_F(BlockingHedge, IsCancelledByItsToken) {  // T1
    std::promise<void> is_called;
    const auto both = hedged(std::make_shared<CallableBackend>(waiting_for_a_cancel(is_called)), b);
    std::stop_source stop;
    const std::jthread canceller([&] {
        is_called.get_future().wait();
        stop.request_stop();
    });
    EXPECT_THROW(
        (void)both->chat_completion(request, [](const ChatChunk&) {}, {.stop = stop.get_token()}),
        CancelledError);
}

TEST_F(BlockingHedge, TheCallbackMayDestroyIt) {
    auto both = hedged(spelling("one"), b);
    std::string streamed;
    const ChatCompletion answer = both->chat_completion(request, [&](const ChatChunk& chunk) {
        both.reset();
        streamed += chunk.content();
    });
    EXPECT_EQ(streamed, "one");
    EXPECT_EQ(answer.content(), "one");
}

// --- threads ------------------------------------------------------------------------------------

TEST_F(HedgedBackend, BothDeliverAtOnceAndOneIsHeard) {
    constexpr int rounds = 300;
    options.budget.capacity = 2 * rounds;
    const auto both = trained();
    for (int i = 0; i < rounds; ++i) {
        Told one;
        std::atomic<int> inside = 0;
        CallHandlers handlers = streamed_to(one);
        handlers.on_chunk = [&, deliver = std::move(*handlers.on_chunk)](const ChatChunk& chunk) {
            EXPECT_EQ(++inside, 1);
            const bool wants_more = deliver(chunk);
            --inside;
            return wants_more;
        };
        const CallHandle call = start_both(*both, std::move(handlers));
        std::latch start(2);
        const auto spell = [&](ManualBackend& backend, const std::string& text) {
            ManualBackend::Call& own = backend.call();
            start.arrive_and_wait();
            for (const char letter : text) {
                if (own.give(content_chunk_of(std::string(1, letter)))) continue;
                own.cancel();
                return;
            }
            own.answer(completion_of(text));
        };
        {
            const std::jthread first([&] { spell(*a, "aaaa"); });
            const std::jthread second([&] { spell(*b, "bbbb"); });
        }
        ASSERT_TRUE(call.done());
        ASSERT_TRUE(one.answer);
        EXPECT_EQ(one.streamed, one.answer->content());  // Never of two.
        EXPECT_EQ(one.answer->metadata.backend, one.streamed.substr(0, 1));
        EXPECT_EQ(one.ends, 1u);
    }
}

TEST_F(HedgedBackend, AnEndATimerAndACancelMeet) {
    constexpr int rounds = 300;
    options.budget.capacity = 2 * rounds;
    options.on_hedge = {};
    const auto both = trained();
    for (int i = 0; i < rounds; ++i) {
        Told one;
        const CallHandle call = both->chat_completion_async(request, plain_to(one));
        const auto timer = std::move(timers.at(0).second);
        timers.clear();
        const std::size_t asked = b->size();
        std::latch start(3);
        {
            const std::jthread end([&] {
                start.arrive_and_wait();
                a->call().answer(completion_of("one"));
            });
            const std::jthread hedge([&] {
                start.arrive_and_wait();
                timer();
            });
            const std::jthread cancel([&] {
                start.arrive_and_wait();
                if (i % 2 == 0) call.cancel();
            });
        }
        if (b->size() > asked) b->call().cancel();
        EXPECT_TRUE(call.done());
        EXPECT_EQ(one.ends, 1u);
        EXPECT_TRUE(one.answer);
    }
}

TEST_F(HedgedBackend, ThreadsCallWhileHedgesAreMade) {
    constexpr std::size_t threads = 4, calls = 50;
    std::atomic<std::size_t> asked = 0, hedges = 0;
    const auto answer = [](const ChunkCallback& on_chunk) {
        if (on_chunk(content_chunk_of("x"))) (void)on_chunk(content_chunk_of("y"));
    };
    const auto now_and_then_silent = [&](const ChatRequest&, const ChunkCallback& on_chunk,
                                         const CallOptions& call_options) {
        if (++asked % 10 != 0 || asked <= 2 * enough_samples) return answer(on_chunk);
        std::promise<void> cancelled;
        const std::stop_callback on_stop(call_options.stop, [&] { cancelled.set_value(); });
        cancelled.get_future().wait();
    };
    const auto quick = [&](const ChatRequest&, const ChunkCallback& on_chunk, const CallOptions&) {
        answer(on_chunk);
    };
    options = {.budget = {.capacity = threads * calls},
               .on_hedge = [&](const Hedge&) { ++hedges; }};
    const auto both = hedged(std::make_shared<CallableBackend>(now_and_then_silent),
                             std::make_shared<CallableBackend>(quick));
    const auto is_right = [&] {
        std::string streamed;
        const ChatCompletion got = both->chat_completion(
            request, [&](const ChatChunk& chunk) { streamed += chunk.content(); });
        return streamed == "xy" && got.content() == "xy";
    };
    for (int i = 0; i < 2 * enough_samples; ++i) EXPECT_TRUE(is_right());
    std::vector<std::size_t> right(threads);
    {
        std::vector<std::jthread> callers;
        for (std::size_t i = 0; i < threads; ++i) {
            callers.emplace_back([&, i] {
                for (std::size_t n = 0; n < calls; ++n) {
                    if (is_right()) ++right[i];
                }
            });
        }
    }
    EXPECT_EQ(right, std::vector<std::size_t>(threads, calls));
    EXPECT_GE(hedges, threads * calls / 10);
}

}  // namespace
}  // namespace cloud_backend::test
