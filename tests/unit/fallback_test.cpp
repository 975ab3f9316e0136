#include "call_fixture.hpp"
#include "scripted_backend.hpp"

#include <cloud_backend/backend_error.hpp>
#include <cloud_backend/fallback.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(ErrorDetails details) {
    raise(std::move(details));
}

ErrorDetails server_error() {
    return {.code = ErrorCode::internal_server,
            .message = "it fell over",
            .retryable = true,
            .attempts = {{.status = 500}},
            .api = {.status = 500}};
}

ErrorDetails open_circuit(Duration retry_in) {
    return {.code = ErrorCode::circuit_open,
            .message = "the circuit is open",
            .retryable = true,
            .retry_after = retry_in};
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

std::shared_ptr<ScriptedBackend> failing(ErrorDetails details) {
    return backend(
        [details = std::move(details)](const ChunkCallback&) -> ChatCompletion { fail(details); });
}

std::shared_ptr<ScriptedBackend> unavailable(ErrorDetails refusal) {
    auto result = answering("it was asked");
    result->refusal = std::move(refusal);
    return result;
}

class Fallback : public ::testing::Test {
protected:
    FallbackOptions options{.on_decision =
                                [this](const FallbackDecision& decision) {
                                    told.push_back(std::string(decision.backend) + " " +
                                                   std::string(to_string(decision.kind)));
                                },
                            .now = [this] { return now; }};
    TimePoint now{1h};
    std::vector<std::string> told{};
    std::string streamed{};
    ChatRequest request{.model = "m", .messages = {Message::user("ping")}};

    FallbackRouter router(std::shared_ptr<ChatBackend> first, std::shared_ptr<ChatBackend> second) {
        return FallbackRouter({{.name = "a", .backend = std::move(first)},
                               {.name = "b", .backend = std::move(second)}},
                              options);
    }
    ChatCompletion stream(FallbackRouter& router, const CallOptions& call_options = {}) {
        return router.chat_completion(
            request, [this](const ChatChunk& chunk) { streamed += describe(chunk); }, call_options);
    }
    static std::string describe(const ChatChunk& chunk) {
        return chunk.choices.at(0).delta.role ? "<role>" : std::string(chunk.content());
    }
};

// --- who is asked -------------------------------------------------------------------------------

TEST_F(Fallback, TheFirstThatAnswersIsTheLastThatIsAsked) {  // F1, F6
    const auto second = answering("two");
    auto both = router(answering("one"), second);
    const auto answer = both.chat_completion(request);
    EXPECT_EQ(answer.content(), "one");
    EXPECT_EQ(answer.metadata.backend, "a");
    EXPECT_EQ(answer.metadata.model, "m");
    EXPECT_TRUE(answer.metadata.failures.empty());
    EXPECT_TRUE(second->models.empty());
    EXPECT_EQ(told, (std::vector<std::string>{"a asked", "a answered"}));
}

TEST_F(Fallback, ABackendThatFailsIsFollowedByTheNext) {  // F2, F6
    auto both = router(failing(server_error()), answering("two"));
    const auto answer = both.chat_completion(request);
    EXPECT_EQ(answer.content(), "two");
    EXPECT_EQ(answer.metadata.backend, "b");
    ASSERT_EQ(answer.metadata.failures.size(), 1u);
    EXPECT_EQ(answer.metadata.failures[0].backend, "a");
    EXPECT_EQ(answer.metadata.failures[0].error->message, "it fell over");
    ASSERT_EQ(answer.metadata.attempts.size(), 1u);  // All of the call's, in order.
    EXPECT_EQ(answer.metadata.attempts[0].status, 500);
    EXPECT_EQ(told, (std::vector<std::string>{"a asked", "a fell back", "b asked", "b answered"}));
}

TEST_F(Fallback, AnUnavailableBackendIsSkippedAndTheReasonKept) {  // F1
    const auto first = unavailable(open_circuit(9s));
    auto both = router(first, answering("two"));
    const auto answer = both.chat_completion(request);
    EXPECT_TRUE(first->models.empty());
    ASSERT_EQ(answer.metadata.failures.size(), 1u);
    EXPECT_EQ(answer.metadata.failures[0].error->code, ErrorCode::circuit_open);
    EXPECT_EQ(told, (std::vector<std::string>{"a skipped", "b asked", "b answered"}));
}

TEST_F(Fallback, EachBackendHasItsOwnNamesForModels) {  // F1
    const auto first = failing(server_error());
    const auto second = answering("two");
    FallbackRouter both({{.name = "a", .backend = first, .models = {{"m", "llama3"}}},
                         {.name = "b", .backend = second, .models = {{"x", "y"}}, .model = "gpt"}},
                        options);
    const auto answer = both.chat_completion(request);
    EXPECT_EQ(first->models, std::vector<std::string>{"llama3"});
    EXPECT_EQ(second->models, std::vector<std::string>{"gpt"});
    EXPECT_EQ(answer.metadata.model, "gpt");
    EXPECT_EQ(answer.metadata.failures[0].model, "llama3");
    EXPECT_EQ(request.model, "m");
}

TEST_F(Fallback, WhatIsThrownThatIsNoErrorIsAReasonToo) {  // F1: local inference
    auto both = router(backend([](const ChunkCallback&) -> ChatCompletion {
                           throw std::runtime_error("out of memory");
                       }),
                       answering("two"));
    const auto answer = both.chat_completion(request);
    EXPECT_EQ(answer.content(), "two");
    EXPECT_EQ(answer.metadata.failures.at(0).error->code, ErrorCode::backend);
    EXPECT_EQ(answer.metadata.failures.at(0).error->message, "out of memory");
    auto third =
        router(backend([](const ChunkCallback&) -> ChatCompletion { throw 7; }), answering("two"));
    EXPECT_EQ(third.chat_completion(request).content(), "two");
}

TEST_F(Fallback, RoutersNest) {  // F1
    const auto inner = std::make_shared<FallbackRouter>(
        std::vector<FallbackBackend>{{.name = "x", .backend = failing(server_error())},
                                     {.name = "y", .backend = answering("two")}});
    auto outer = router(failing(server_error()), inner);
    const auto answer = stream(outer);
    EXPECT_EQ(streamed, "<role>two");
    EXPECT_EQ(answer.metadata.backend, "b/y");
    ASSERT_EQ(answer.metadata.failures.size(), 2u);
    EXPECT_EQ(answer.metadata.failures[0].backend, "a");
    EXPECT_EQ(answer.metadata.failures[1].backend, "x");
    EXPECT_EQ(answer.metadata.attempts.size(), 2u);
}

// --- when it falls back -------------------------------------------------------------------------

TEST(FallbackRule, FallsBackOnWhatAnotherBackendMayDoBetter) {  // F2
    const FallbackRule rule;
    for (const auto code :
         {ErrorCode::config, ErrorCode::connection, ErrorCode::timeout, ErrorCode::authentication,
          ErrorCode::permission_denied, ErrorCode::not_found, ErrorCode::rate_limit,
          ErrorCode::quota_exceeded, ErrorCode::internal_server, ErrorCode::stream_truncated,
          ErrorCode::response, ErrorCode::circuit_open, ErrorCode::backend,
          ErrorCode::all_backends_failed, ErrorCode::content}) {
        EXPECT_TRUE(rule({.code = code})) << static_cast<int>(code);
    }
    for (const auto code :
         {ErrorCode::bad_request, ErrorCode::conflict, ErrorCode::unprocessable_entity,
          ErrorCode::limit_exceeded, ErrorCode::cancelled}) {
        EXPECT_FALSE(rule({.code = code})) << static_cast<int>(code);
    }
    for (const auto code : {ErrorCode::api, ErrorCode::stream}) {
        for (const int status : {0, 401, 402, 403, 404, 408, 429, 500, 529}) {
            EXPECT_TRUE(rule({.code = code, .api = {.status = status}})) << status;
        }
        for (const int status : {302, 400, 405, 409, 413, 422, 499}) {
            EXPECT_FALSE(rule({.code = code, .api = {.status = status}})) << status;
        }
    }
}

TEST(FallbackRule, FallsBackOnRefusedPromptsOnlyIfAskedTo) {  // F2
    for (const auto& [code, status] :
         {std::pair{ErrorCode::bad_request, 400}, std::pair{ErrorCode::internal_server, 500},
          std::pair{ErrorCode::stream, 0}}) {
        ErrorDetails too_long{.code = code, .api = {.status = status}};
        too_long.api.context_length_exceeded = true;
        ErrorDetails filtered{.code = code, .api = {.status = status}};
        filtered.api.content_filter = true;
        EXPECT_FALSE(FallbackRule{}(too_long));
        EXPECT_FALSE(FallbackRule{}(filtered));
        EXPECT_TRUE(FallbackRule{.context_length = true}(too_long));
        EXPECT_FALSE(FallbackRule{.context_length = true}(filtered));
        EXPECT_TRUE(FallbackRule{.content_filter = true}(filtered));
        EXPECT_FALSE(FallbackRule{.content_filter = true}(too_long));
    }
}

TEST_F(Fallback, ARequestThatIsWrongEndsTheCallWithItsOwnError) {  // F2
    const auto second = answering("two");
    auto both = router(failing({.code = ErrorCode::bad_request,
                                .message = "no such field",
                                .attempts = {{.status = 400}},
                                .api = {.status = 400}}),
                       second);
    const auto error = error_of<BadRequestError>([&] { (void)both.chat_completion(request); });
    EXPECT_EQ(error.attempts().size(), 1u);
    EXPECT_TRUE(second->models.empty());
    EXPECT_EQ(told, (std::vector<std::string>{"a asked", "a gave up"}));
}

TEST_F(Fallback, TheRuleCanBeReplaced) {  // F2
    options.should_fall_back = [](const ErrorDetails& error) { return error.api.status == 400; };
    auto both = router(failing({.code = ErrorCode::bad_request, .api = {.status = 400}}),
                       failing(server_error()));
    const auto error = error_of<InternalServerError>([&] { (void)both.chat_completion(request); });
    ASSERT_EQ(error.details().failures.size(), 1u);
    EXPECT_EQ(error.details().failures[0].error->code, ErrorCode::bad_request);
}

TEST_F(Fallback, NeverOnACancel) {  // F2
    options.should_fall_back = [](const ErrorDetails&) { return true; };
    const auto second = answering("two");
    auto both = router(failing({.code = ErrorCode::cancelled}), second);
    EXPECT_THROW((void)both.chat_completion(request), CancelledError);
    EXPECT_TRUE(second->models.empty());
}

TEST_F(Fallback, ACancelBetweenTwoBackendsIsSeen) {  // F2, T1
    std::stop_source stop;
    const auto second = answering("two");
    auto both = router(backend([&](const ChunkCallback&) -> ChatCompletion {
                           stop.request_stop();
                           fail(server_error());
                       }),
                       second);
    const auto error = error_of<CancelledError>(
        [&] { (void)both.chat_completion(request, {.stop = stop.get_token()}); });
    EXPECT_EQ(error.attempts().size(), 1u);
    EXPECT_TRUE(second->models.empty());
}

TEST_F(Fallback, NeverOnWhatTheCallbackThrows) {  // F2, T7
    options.should_fall_back = [](const ErrorDetails&) { return true; };
    const auto second = answering("two");
    auto both = router(answering("one"), second);
    EXPECT_THROW((void)both.chat_completion(
                     request, [](const ChatChunk&) { throw std::out_of_range("mine"); }),
                 std::out_of_range);
    EXPECT_TRUE(second->models.empty());
    EXPECT_EQ(told, (std::vector<std::string>{"a asked", "a gave up"}));
}

TEST_F(Fallback, WhatTheCallbackThrowsIsPassedOnEvenIfTheBackendKeepsIt) {  // T7
    auto both = router(backend([](const ChunkCallback& on_chunk) {
                           for (int i = 0; i < 2; ++i) {
                               try {
                                   (void)on_chunk(content_chunk_of("x"));
                               } catch (...) {
                               }
                           }
                           return completion_of("x");
                       }),
                       answering("two"));
    int calls = 0;
    const auto throw_once = [&](const ChatChunk&) {
        ++calls;
        throw std::out_of_range("mine");
    };
    EXPECT_THROW((void)both.chat_completion(request, throw_once), std::out_of_range);
    EXPECT_EQ(calls, 1);
}

TEST_F(Fallback, AHookThatThrowsChangesNothing) {
    options.on_decision = [](const FallbackDecision&) { throw std::runtime_error("mine"); };
    auto both = router(failing(server_error()), answering("two"));
    EXPECT_EQ(both.chat_completion(request).content(), "two");
}

// --- streams ------------------------------------------------------------------------------------

TEST_F(Fallback, WhatSaysNothingYetIsHeldBackAndGoesWithItsBackend) {  // F3
    auto both = router(backend([](const ChunkCallback& on_chunk) -> ChatCompletion {
                           EXPECT_TRUE(on_chunk(role_chunk()));
                           fail({.code = ErrorCode::stream_truncated,
                                 .message = "cut",
                                 .partial = std::make_shared<const ChatCompletion>()});
                       }),
                       answering("two"));
    EXPECT_EQ(stream(both).content(), "two");
    EXPECT_EQ(streamed, "<role>two");
}

TEST_F(Fallback, NothingIsSwitchedOnceSomethingWasSaid) {  // F3
    const ChunkChoice sayings[] = {
        {.delta = {.content = "c"}},
        {.delta = {.reasoning = "r"}},
        {.delta = {.refusal = "f"}},
        {.delta = {.tool_calls = {{.id = "t"}}}},
        {.delta = {.annotations = RawJson::parse_text("[1]")}},
        {.delta = {.extra = RawJson::parse_text("{\"audio\":1}")}},
        {.finish_reason = "stop"},
    };
    for (const ChunkChoice& saying : sayings) {
        const auto second = answering("two");
        auto both = router(backend([&](const ChunkCallback& on_chunk) -> ChatCompletion {
                               EXPECT_TRUE(on_chunk(role_chunk()));
                               EXPECT_TRUE(on_chunk({.choices = {{.index = 1}, saying}}));
                               fail({.code = ErrorCode::stream_truncated,
                                     .message = "cut",
                                     .partial = std::make_shared<const ChatCompletion>()});
                           }),
                           second);
        int chunks = 0;
        const auto error = error_of<StreamTruncatedError>(
            [&] { (void)both.chat_completion(request, [&](const ChatChunk&) { ++chunks; }); });
        EXPECT_EQ(chunks, 2);
        EXPECT_NE(error.partial(), nullptr);
        EXPECT_TRUE(second->models.empty());
    }
}

TEST_F(Fallback, AnErrorBeforeAnythingWasDeliveredHasNoPartialCompletion) {  // F3
    auto both = router(backend([](const ChunkCallback& on_chunk) -> ChatCompletion {
                           EXPECT_TRUE(on_chunk(role_chunk()));
                           fail({.code = ErrorCode::bad_request,
                                 .partial = std::make_shared<const ChatCompletion>()});
                       }),
                       answering("two"));
    const auto error = error_of<BadRequestError>([&] { (void)stream(both); });
    EXPECT_EQ(error.partial(), nullptr);
    EXPECT_EQ(streamed, "");
}

TEST_F(Fallback, AnAnswerThatSaysNothingIsDeliveredInTheEnd) {  // F3
    auto both = router(backend([](const ChunkCallback& on_chunk) {
                           EXPECT_TRUE(on_chunk(role_chunk()));
                           EXPECT_TRUE(on_chunk(role_chunk()));
                           return completion_of("");
                       }),
                       answering("two"));
    (void)stream(both);
    EXPECT_EQ(streamed, "<role><role>");
}

TEST_F(Fallback, MoreThanAServiceSendsBeforeItSaysSomethingIsNotHeldBack) {  // F3
    constexpr int many = 10'000;
    int delivered = 0;
    auto both = router(backend([&](const ChunkCallback& on_chunk) {
                           for (int i = 0; i < many; ++i) EXPECT_TRUE(on_chunk(role_chunk()));
                           EXPECT_GT(delivered, many / 2);
                           return completion_of("");
                       }),
                       answering("two"));
    (void)both.chat_completion(request, [&](const ChatChunk&) { ++delivered; });
    EXPECT_EQ(delivered, many);
}

TEST_F(Fallback, ACallbackCanStopTheStream) {
    int chunks = 0;
    auto both = router(backend([](const ChunkCallback& on_chunk) {
                           EXPECT_TRUE(on_chunk(role_chunk()));
                           EXPECT_FALSE(on_chunk(content_chunk_of("x")));
                           EXPECT_FALSE(on_chunk(content_chunk_of("y")));
                           return completion_of("x");
                       }),
                       answering("two"));
    const auto answer = both.chat_completion(request, [&](const ChatChunk&) {
        ++chunks;
        return false;
    });
    EXPECT_EQ(chunks, 1);
    EXPECT_EQ(answer.metadata.backend, "a");
}

TEST_F(Fallback, ACallbackMayDestroyTheRouter) {
    auto both = std::make_unique<FallbackRouter>(router(answering("one"), answering("two")));
    const auto answer = both->chat_completion(request, [&](const ChatChunk&) { both.reset(); });
    EXPECT_EQ(answer.metadata.backend, "a");
}

// --- time ---------------------------------------------------------------------------------------

TEST_F(Fallback, OneDeadlineIsOverEverything) {  // F4
    options.deadline = 10s;
    const auto slow = [this] {
        return backend([this](const ChunkCallback&) -> ChatCompletion {
            now += 4s;
            fail(server_error());
        });
    };
    const auto first = slow(), second = slow(), third = slow(), fourth = answering("too late");
    FallbackRouter all({{.name = "a", .backend = first},
                        {.name = "b", .backend = second},
                        {.name = "c", .backend = third},
                        {.name = "d", .backend = fourth}},
                       options);
    const auto error = error_of<TimeoutError>([&] { (void)all.chat_completion(request); });
    EXPECT_EQ(error.limit(), TimeLimit::deadline);
    EXPECT_EQ(error.attempts().size(), 3u);
    EXPECT_EQ(error.details().failures.size(), 3u);
    EXPECT_EQ(first->asked_with.at(0).deadline, 10s);
    EXPECT_EQ(second->asked_with.at(0).deadline, 6s);
    EXPECT_EQ(third->asked_with.at(0).deadline, 2s);
    EXPECT_TRUE(fourth->models.empty());
}

TEST_F(Fallback, TheDeadlineOfACallReplacesTheRouters) {  // F4
    options.deadline = 10s;
    const auto first = answering("one");
    auto both = router(first, answering("two"));
    (void)both.chat_completion(request, {.deadline = 3s});
    EXPECT_EQ(first->asked_with.at(0).deadline, 3s);
}

TEST_F(Fallback, ABackendCanHaveADeadlineThatLeavesTimeForTheNext) {  // F4
    options.deadline = 10s;
    const auto first = failing(server_error());
    const auto second = answering("two");
    FallbackRouter both({{.name = "a", .backend = first, .deadline = 3s},
                         {.name = "b", .backend = second, .deadline = 30s}},
                        options);
    (void)both.chat_completion(request);
    EXPECT_EQ(first->asked_with.at(0).deadline, 3s);
    EXPECT_EQ(second->asked_with.at(0).deadline, 10s);
}

TEST_F(Fallback, NoRetryIsWaitedForLongWhileAnotherBackendIsAvailable) {  // F4
    const auto second = failing(server_error());
    const auto third = unavailable(open_circuit(9s));
    const auto first = failing(server_error());
    FallbackRouter all({{.name = "a", .backend = first},
                        {.name = "b", .backend = second},
                        {.name = "c", .backend = third}},
                       options);
    EXPECT_THROW((void)all.chat_completion(request), AllBackendsFailedError);
    EXPECT_EQ(first->asked_with.at(0).max_retry_wait, 2s);
    EXPECT_FALSE(second->asked_with.at(0).max_retry_wait);  // The third is not available.
    EXPECT_THROW((void)all.chat_completion(request, {.max_retry_wait = 1s}),
                 AllBackendsFailedError);
    EXPECT_EQ(first->asked_with.at(1).max_retry_wait, 1s);
    EXPECT_EQ(second->asked_with.at(1).max_retry_wait, 1s);
}

TEST_F(Fallback, TimesAreThoseOfTheWholeCall) {  // C5
    auto both = router(backend([this](const ChunkCallback&) -> ChatCompletion {
                           now += 4s;
                           fail(server_error());
                       }),
                       backend([this](const ChunkCallback&) {
                           now += 3s;
                           auto answer = completion_of("two");
                           answer.metadata.time_to_first_byte = 1s;
                           answer.metadata.time_to_first_chunk = 2s;
                           answer.metadata.total_time = 3s;
                           return answer;
                       }));
    const auto metadata = both.chat_completion(request).metadata;
    EXPECT_EQ(metadata.time_to_first_byte, 5s);
    EXPECT_EQ(metadata.time_to_first_chunk, 6s);
    EXPECT_EQ(metadata.total_time, 7s);
}

TEST_F(Fallback, AFunctionHasNoFirstByte) {  // C5
    auto both = router(backend([this](const ChunkCallback&) -> ChatCompletion {
                           now += 4s;
                           fail(server_error());
                       }),
                       answering("two"));
    EXPECT_EQ(both.chat_completion(request).metadata.time_to_first_byte, 0s);
}

// --- when nobody answers ------------------------------------------------------------------------

TEST_F(Fallback, AllFailuresAreToldAndWhenToTryAgain) {  // F5
    auto both = router(unavailable(open_circuit(9s)), failing({.code = ErrorCode::rate_limit,
                                                               .message = "slow down",
                                                               .retryable = true,
                                                               .attempts = {{.status = 429}},
                                                               .retry_after = 7s,
                                                               .api = {.status = 429}}));
    const auto error =
        error_of<AllBackendsFailedError>([&] { (void)both.chat_completion(request); });
    EXPECT_STREQ(error.what(), "all 2 backends failed: a: the circuit is open; b: slow down");
    EXPECT_EQ(error.code(), ErrorCode::all_backends_failed);
    EXPECT_TRUE(error.retryable());
    EXPECT_EQ(error.retry_after(), 7s);
    EXPECT_EQ(error.attempts().size(), 1u);
    ASSERT_EQ(error.failures().size(), 2u);
    EXPECT_EQ(error.failures()[0].backend, "a");
    EXPECT_EQ(error.failures()[0].error->code, ErrorCode::circuit_open);
    EXPECT_EQ(error.failures()[1].error->code, ErrorCode::rate_limit);
}

TEST_F(Fallback, TheEarliestTimeIsThatOfTheCircuitAFailureHasOpened) {  // F5
    const auto first = failing(server_error());
    const auto opening = backend([&](const ChunkCallback&) -> ChatCompletion {
        first->refusal = open_circuit(30s);
        fail({.code = ErrorCode::authentication, .api = {.status = 401}});
    });
    auto both = router(first, opening);
    const auto error =
        error_of<AllBackendsFailedError>([&] { (void)both.chat_completion(request); });
    EXPECT_EQ(error.retry_after(), 30s);
}

TEST_F(Fallback, AFailureThatMayPassCanBeTriedAgainAtOnceAndAKeyNever) {  // F5
    auto may_pass = router(unavailable(open_circuit(9s)), failing(server_error()));
    EXPECT_EQ(error_of([&] { (void)may_pass.chat_completion(request); }).retry_after(), 0s);
    const ErrorDetails wrong_key{.code = ErrorCode::authentication, .api = {.status = 401}};
    auto never = router(unavailable(open_circuit(Duration::max())), failing(wrong_key));
    EXPECT_EQ(error_of([&] { (void)never.chat_completion(request); }).retry_after(), std::nullopt);
}

TEST_F(Fallback, ALongMessageDoesNotPushOutTheOthers) {  // E2
    auto both = router(failing({.code = ErrorCode::response, .message = std::string(5'000, 'x')}),
                       failing({.code = ErrorCode::response, .message = "HTML\n"}));
    const std::string what = error_of([&] { (void)both.chat_completion(request); }).what();
    EXPECT_LE(what.size(), 1024u);
    EXPECT_TRUE(what.ends_with("; b: HTML\\n")) << what;
}

TEST_F(Fallback, IsUnavailableWhenAllOfItsBackendsAre) {  // F1: of a router within a router
    const auto first = unavailable(open_circuit(9s)), second = answering("two");
    const auto both = router(first, second);
    EXPECT_FALSE(both.unavailable("m"));
    second->refusal = open_circuit(7s);
    const auto refusal = both.unavailable("m");
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, ErrorCode::all_backends_failed);
    EXPECT_EQ(refusal->retry_after, 7s);
    ASSERT_EQ(refusal->failures.size(), 2u);
    EXPECT_EQ(refusal->failures[0].model, "m");
}

TEST_F(Fallback, ARequestThatNobodySendsIsAConfigError) {  // T11
    const ErrorDetails not_utf8{.code = ErrorCode::config, .message = "not UTF-8"};
    auto nobody = router(failing(not_utf8), failing(not_utf8));
    EXPECT_STREQ(error_of<ConfigError>([&] { (void)nobody.chat_completion(request); }).what(),
                 "not UTF-8");
    auto somebody = router(failing(not_utf8), answering("two"));
    EXPECT_EQ(somebody.chat_completion(request).content(), "two");
}

TEST_F(Fallback, TheEarliestTimeIsToldFromNow) {  // F5
    auto both = router(failing({.code = ErrorCode::rate_limit, .retry_after = 7s}),
                       backend([this](const ChunkCallback&) -> ChatCompletion {
                           now += 5s;
                           fail({.code = ErrorCode::authentication, .api = {.status = 401}});
                       }));
    EXPECT_EQ(error_of([&] { (void)both.chat_completion(request); }).retry_after(), 2s);
}

TEST_F(Fallback, RoutersWithinRoutersAreAskedOnceWhetherTheyAreAvailable) {  // F1
    class Counting final : public ChatBackend {
    public:
        ChatCompletion chat_completion(const ChatRequest&, const CallOptions&) override {
            return {};
        }
        ChatCompletion chat_completion(const ChatRequest&, const ChunkCallback&,
                                       const CallOptions&) override {
            return {};
        }
        std::optional<ErrorDetails> unavailable(std::string_view) const override {
            ++asked;
            return open_circuit(9s);
        }
        mutable int asked = 0;
    };
    const auto innermost = std::make_shared<Counting>();
    std::shared_ptr<ChatBackend> nested = innermost;
    for (int depth = 0; depth < 10; ++depth) {
        nested = std::make_shared<FallbackRouter>(
            std::vector<FallbackBackend>{{.name = "x", .backend = nested}});
    }
    EXPECT_EQ(nested->unavailable("m")->retry_after, 9s);
    EXPECT_EQ(innermost->asked, 1);
}

// --- construction -------------------------------------------------------------------------------

TEST_F(Fallback, RefusesBackendsThatCannotBeMeant) {
    const auto some = answering("x");
    EXPECT_THROW(FallbackRouter(std::vector<FallbackBackend>{}), ConfigError);
    EXPECT_THROW(FallbackRouter({{.name = "a"}}), ConfigError);
    EXPECT_THROW(FallbackRouter({{.backend = some}}), ConfigError);
    EXPECT_THROW(FallbackRouter({{.name = "a", .backend = some}, {.name = "a", .backend = some}}),
                 ConfigError);
    EXPECT_THROW(FallbackRouter({{.name = "a", .backend = some, .models = {{"m", ""}}}}),
                 ConfigError);
    options.max_retry_wait = -1ms;
    EXPECT_THROW(FallbackRouter({{.name = "a", .backend = some}}, options), ConfigError);
    options.max_retry_wait = 2s;
    options.should_fall_back = nullptr;
    EXPECT_THROW(FallbackRouter({{.name = "a", .backend = some}}, options), ConfigError);
}

}  // namespace
}  // namespace cloud_backend::test
