#include "../support/backend_fixture.hpp"
#include "../support/call_fixture.hpp"

#include <cloud_backend/anthropic.hpp>
#include <cloud_backend/azure.hpp>
#include <cloud_backend/hooks.hpp>
#include <cloud_backend/openai.hpp>
#include <cloud_backend/service_preset.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cloud_backend::test {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// What is left of a summary once its hook has returned.
struct Finished {
    std::optional<ErrorCode> error{};
    std::size_t attempts = 0;
    std::string id{};
    std::string model{};
    std::string finish_reason{};
    std::int64_t output_tokens = 0;
};

class HooksOfACall : public testing::Test {
protected:
    HooksOfACall() {
        const auto note = [this](std::string what) { told.push_back(std::move(what)); };
        options.hooks = {
            .on_call_started =
                [this, note](const CallInfo& call) {
                    ids.push_back(call.id);
                    note("call started");
                },
            .on_attempt_started =
                [note](const CallInfo&, int number) {
                    note("attempt " + std::to_string(number) + " started");
                },
            .on_first_chunk = [note](const CallInfo&, Duration) { note("first chunk"); },
            .on_attempt_finished =
                [note](const CallInfo&, const AttemptInfo& attempt) {
                    note("attempt finished " + std::to_string(attempt.status));
                },
            .on_retry = [note](const CallInfo&, const AttemptInfo&) { note("retry"); },
            .on_call_finished =
                [this, note](const CallInfo&, const CallSummary& summary) {
                    const AnswerInfo& answer = summary.answer;
                    finished.push_back({summary.error, summary.metadata.attempts.size(),
                                        std::string(answer.id), std::string(answer.model),
                                        std::string(answer.finish_reason),
                                        answer.usage ? answer.usage->completion_tokens : 0});
                    note("call finished");
                },
        };
    }

    const std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();
    ClientOptions options = fake_options(network);
    std::vector<std::string> told{};
    std::vector<std::uint64_t> ids{};
    std::vector<Finished> finished{};
    LineReader reader{};
};

TEST_F(HooksOfACall, AreToldInOrderFromItsStartToItsEnd) {  // R10
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(200, "one\ntwo\n.\n"));
    TestClient(options).stream("/x", "{}", reader);
    EXPECT_EQ(told,
              (std::vector<std::string>{"call started", "attempt 1 started", "attempt finished 503",
                                        "retry", "attempt 2 started", "first chunk",
                                        "attempt finished 200", "call finished"}));
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].error, std::nullopt);
    EXPECT_EQ(finished[0].attempts, 2u);
}

TEST_F(HooksOfACall, HearOfTheFirstChunkWhenItComesAndNotAtTheEnd) {
    Duration first{};
    std::size_t lines = 0;
    options.hooks.on_first_chunk = [&](const CallInfo&, Duration time) {
        first = time;
        lines = reader.lines.size();
    };
    network->expect(
        Exchange().sent().after(30ms).head(200).body("one\n").after(1s).body("two\n.\n").finish());
    TestClient(options).stream("/x", "{}", reader);
    EXPECT_EQ(first, 30ms);
    EXPECT_EQ(lines, 1u);
}

TEST_F(HooksOfACall, AreHeldUpByNoLimitOfIt) {  // T5
    options.timeouts.idle = 1s;
    options.deadline = 2s;
    const auto take_an_hour = [this](const auto&...) { network->advance(1h); };
    options.hooks = {.on_call_started = take_an_hour,
                     .on_attempt_started = take_an_hour,
                     .trace_headers = [this](const CallInfo&) -> Headers {
                         network->advance(1h);
                         return {};
                     },
                     .on_first_chunk = take_an_hour,
                     .on_attempt_finished = take_an_hour,
                     .on_retry = take_an_hour,
                     .on_call_finished = take_an_hour};
    network->expect(Exchange::answer(503, ""));
    network->expect(
        Exchange().sent().head(200).body("one\n").after(900ms).body("two\n.\n").finish());
    EXPECT_NO_THROW(TestClient(options).stream("/x", "{}", reader));
}

TEST_F(HooksOfACall, AreToldWhyItFailed) {
    network->expect(Exchange::answer(401, ""));
    EXPECT_THROW(TestClient(options).stream("/x", "{}", reader), AuthenticationError);
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].error, ErrorCode::authentication);
    EXPECT_EQ(finished[0].attempts, 1u);
}

TEST_F(HooksOfACall, AreToldOfNoAttemptThatTheCircuitRefused) {
    options.health = std::make_shared<EndpointHealth>();
    options.health->breaker().isolate();
    EXPECT_THROW(TestClient(options).stream("/x", "{}", reader), CircuitBreakerError);
    EXPECT_EQ(told, (std::vector<std::string>{"call started", "call finished"}));
    EXPECT_EQ(finished.at(0).error, ErrorCode::circuit_open);
}

TEST_F(HooksOfACall, CountWhatUserCodeThrewAsCancelled) {
    LineReader throwing([](const std::string&) { throw std::runtime_error("mine"); });
    network->expect(Exchange::answer(200, "one\n.\n"));
    EXPECT_THROW(TestClient(options).stream("/x", "{}", throwing), std::runtime_error);
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].error, ErrorCode::cancelled);
    EXPECT_EQ(told.back(), "call finished");
}

TEST_F(HooksOfACall, HearOfNoAttemptForWhichThereWasNoKey) {
    options.api_key = []() -> std::string { throw std::runtime_error("no key"); };
    EXPECT_THROW(TestClient(options).stream("/x", "{}", reader), std::runtime_error);
    EXPECT_EQ(told, (std::vector<std::string>{"call started", "call finished"}));
}

TEST_F(HooksOfACall, HearOnceOfTheEndOfOneThatWasCancelledInItsWait) {
    std::stop_source stop;
    network->expect(Exchange::answer(503, ""));
    network->at(network->now() + 100ms, [&] { stop.request_stop(); });
    EXPECT_THROW(
        TestClient(options).stream("/x", "{}", reader, CallOptions{.stop = stop.get_token()}),
        CancelledError);
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].error, ErrorCode::cancelled);
}

/// A transport whose loops cannot start a transfer.
class BrokenTransport final : public HttpTransport {
public:
    std::unique_ptr<TransferLoop> open_loop() override { return std::make_unique<Loop>(); }
    std::unique_ptr<TransferLoop> open_loop_for_many() override { return open_loop(); }
    TimePoint now() const noexcept override { return Clock::now(); }

private:
    class Loop final : public TransferLoop {
    public:
        TransferId start(const HttpRequest&, TransferEvents&) override {
            throw std::logic_error("broken");
        }
        void abort(TransferId) noexcept override {}
        void resume(TransferId) override {}
        void run_once(TimePoint) override { woken_.acquire(); }
        void wake() noexcept override { woken_.release(); }

    private:
        std::counting_semaphore<> woken_{0};
    };
};

TEST_F(HooksOfACall, HearOfItsEndAlsoWhenTheTransportFails) {
    options.transport = std::make_shared<BrokenTransport>();
    EXPECT_THROW(TestClient(options).stream("/x", "{}", reader), std::logic_error);
    EXPECT_EQ(told, (std::vector<std::string>{"call started", "attempt 1 started",
                                              "attempt finished 0", "call finished"}));
    EXPECT_EQ(finished.at(0).error, ErrorCode::cancelled);
}

TEST_F(HooksOfACall, HearNothingOfOneThatMustNotBegin) {
    const TestClient client(options);
    EXPECT_THROW(client.stream("/x", "{}", reader, {.headers = {{"X", "a\r\nb"}}}), ConfigError);
    EXPECT_EQ(told, std::vector<std::string>{});
}

TEST_F(HooksOfACall, CallOneThatItsCallbackStoppedNoFailure) {
    network->expect(Exchange::answer(200, content_event("one") + content_event("two")));
    OpenAICloudBackend backend(options);
    (void)backend.chat_completion(ask(), [](const ChatChunk&) { return false; });
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].error, std::nullopt);
}

TEST_F(HooksOfACall, CallAKeyThatMustNotBeSentByItsName) {
    options.api_key = [] { return std::string(); };
    EXPECT_THROW(TestClient(options).stream("/x", "{}", reader), ConfigError);
    EXPECT_EQ(finished.at(0).error, ErrorCode::config);
}

TEST_F(HooksOfACall, KnowHowLongItTookWhereverItEnds) {
    std::vector<Duration> took;
    options.hooks.on_call_finished = [&](const CallInfo&, const CallSummary& summary) {
        took.push_back(summary.metadata.total_time);
    };
    std::stop_source stop;
    network->expect(Exchange::answer(503, ""));
    network->at(network->now() + 100ms, [&] { stop.request_stop(); });
    EXPECT_THROW(
        TestClient(options).stream("/x", "{}", reader, CallOptions{.stop = stop.get_token()}),
        CancelledError);
    network->expect(Exchange().sent().after(30ms).head(401).finish());
    EXPECT_THROW(TestClient(options).stream("/x", "{}", reader), AuthenticationError);
    EXPECT_EQ(took, (std::vector<Duration>{100ms, 30ms}));
}

TEST_F(HooksOfACall, ThatThrowDoNotEndIt) {
    const auto fail = [](const auto&...) { throw std::runtime_error("a hook's own"); };
    options.hooks = {.on_call_started = fail,
                     .on_attempt_started = fail,
                     .trace_headers = [](const CallInfo&) -> Headers { throw 1; },
                     .on_first_chunk = fail,
                     .on_attempt_finished = fail,
                     .on_retry = fail,
                     .on_call_finished = fail,
                     .on_circuit_change = fail};
    options.breaker.fail_max = 2;
    int warnings = 0;
    options.log = [&](LogLevel, std::string_view line) {
        if (line.find("threw") != std::string_view::npos) ++warnings;
    };
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(200, "one\n.\n"));
    EXPECT_NO_THROW(TestClient(options).stream("/x", "{}", reader));
    EXPECT_EQ(warnings, 10);  // Twice that of an attempt's start, of its headers and of its end.
}

TEST_F(HooksOfACall, TellCallsApart) {
    network->expect(Exchange::answer(200, ".\n")).expect(Exchange::answer(200, ".\n"));
    const TestClient client(options);
    client.stream("/x", "{}", reader);
    client.stream("/x", "{}", reader);
    ASSERT_EQ(ids.size(), 2u);
    EXPECT_NE(ids[0], ids[1]);
}

// --- traces -------------------------------------------------------------------------------------

constexpr const char* parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class TraceOfACall : public HooksOfACall {
protected:
    /// The values of the header in a request that was sent.
    [[nodiscard]] std::vector<std::string> sent(std::size_t request, std::string name) const {
        std::vector<std::string> values;
        for (const Header& header : network->requests.at(request).headers) {
            if (header.name == name) values.push_back(header.value);
        }
        return values;
    }

    using Values = std::vector<std::string>;
};

TEST_F(TraceOfACall, GoesOnInTheHeadersOfEachAttempt) {
    int asked = 0;
    options.hooks.trace_headers = [&](const CallInfo&) -> Headers {
        return {{"traceparent", "attempt " + std::to_string(++asked)}};
    };
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/x", "{}", reader, {.headers = {{"Traceparent", parent}}});
    EXPECT_EQ(sent(0, "traceparent"), Values{"attempt 1"});
    EXPECT_EQ(sent(1, "traceparent"), Values{"attempt 2"});
    EXPECT_EQ(sent(1, "Traceparent"), Values{});
}

TEST_F(TraceOfACall, HasTheCallersParentInEveryHook) {
    Values parents;
    const auto note = [&](const CallInfo& call, const auto&...) {
        parents.emplace_back(call.traceparent);
    };
    options.hooks = {.on_attempt_started = note,
                     .trace_headers = [&](const CallInfo& call) -> Headers {
                         note(call);
                         return {{"traceparent", "another"}};
                     },
                     .on_attempt_finished = note,
                     .on_call_finished = note};
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/x", "{}", reader, {.headers = {{"traceparent", parent}}});
    EXPECT_EQ(parents, Values(7, parent));
}

TEST_F(TraceOfACall, KeepsNothingOfTheAttemptBefore) {
    int asked = 0;
    options.hooks.trace_headers = [&](const CallInfo&) -> Headers {
        if (++asked > 1) throw std::runtime_error("no trace");
        return {{"traceparent", "attempt 1"}, {"baggage", "a"}};
    };
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/x", "{}", reader, {.headers = {{"traceparent", parent}}});
    EXPECT_EQ(sent(1, "traceparent"), Values{parent});
    EXPECT_EQ(sent(1, "baggage"), Values{});
}

TEST_F(TraceOfACall, DoesNotReplaceTheKeyNorKeepAnOldOne) {  // R11
    int asked = 0;
    options.api_key = [&] { return "sk-" + std::to_string(++asked); };
    options.hooks.trace_headers = [](const CallInfo&) -> Headers {
        return {{"Authorization", "Bearer another"}};
    };
    network->expect(Exchange::answer(503, "")).expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/x", "{}", reader);
    EXPECT_EQ(sent(0, "Authorization"), Values{"Bearer sk-1"});
    EXPECT_EQ(sent(1, "Authorization"), Values{"Bearer sk-2"});
}

TEST_F(TraceOfACall, SendsNoSecretInTheOpen) {  // T11
    options.base_url = "http://10.0.0.5";
    options.api_key = "";
    options.require_api_key = false;
    options.hooks.trace_headers = [](const CallInfo&) -> Headers {
        return {{"traceparent", "x"}, {"Authorization", "Bearer mine"}};
    };
    network->expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/x", "{}", reader);
    EXPECT_EQ(sent(0, "Authorization"), Values{});
    EXPECT_EQ(sent(0, "traceparent"), Values{});
}

TEST_F(TraceOfACall, IsTheCallersWhereNoHookSaysOtherwise) {
    network->expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/x", "{}", reader, {.headers = {{"traceparent", parent}}});
    EXPECT_EQ(*find_header(network->requests.at(0).headers, "traceparent"), parent);
}

TEST_F(TraceOfACall, CannotBreakOutOfAHeaderLine) {  // T11
    options.hooks.trace_headers = [](const CallInfo&) -> Headers {
        return {{"traceparent", "x\r\nAuthorization: another"}};
    };
    network->expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/x", "{}", reader);
    EXPECT_EQ(find_header(network->requests.at(0).headers, "traceparent"), nullptr);
}

// --- chats --------------------------------------------------------------------------------------

TEST_F(HooksOfACall, KnowWhatAChatAsksAndWhatIsAnswered) {
    std::string info;
    options.hooks.on_call_started = [&](const CallInfo& call) {
        info = std::string(call.operation) + ' ' + std::string(call.model) + ' ' +
               std::string(call.server.provider) + ' ' + std::string(call.server.address) + ' ' +
               std::to_string(call.server.port);
    };
    OpenAICloudBackend backend(options);
    network->expect(Exchange::answer(
        200, R"({"id":"c-1","model":"gpt-4o-mini-2024","choices":[{"index":0,"message":)"
             R"({"role":"assistant","content":"pong"},"finish_reason":"stop"}],)"
             R"("usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}})"));
    (void)backend.chat_completion(ask());
    EXPECT_EQ(info, "chat gpt-4o-mini openai api.test 443");
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].id, "c-1");
    EXPECT_EQ(finished[0].model, "gpt-4o-mini-2024");
    EXPECT_EQ(finished[0].finish_reason, "stop");
    EXPECT_EQ(finished[0].output_tokens, 5);
}

TEST_F(HooksOfACall, KnowWhatAStreamAnswered) {
    OpenAICloudBackend backend(options);
    std::string events;
    for (const std::string& event : three_word_events()) events += "data: " + event + "\n\n";
    events += R"(data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":3}})"
              "\n\ndata: [DONE]\n\n";
    network->expect(Exchange::answer(200, events));
    (void)backend.chat_completion(ask(), [](const ChatChunk&) {});
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].id, "c-1");
    EXPECT_EQ(finished[0].model, "m");
    EXPECT_EQ(finished[0].finish_reason, "stop");
    EXPECT_EQ(finished[0].output_tokens, 3);
}

TEST_F(HooksOfACall, KnowTheModelOfARequestGivenAsText) {
    std::vector<std::string> models;
    options.hooks.on_call_started = [&](const CallInfo& call) { models.emplace_back(call.model); };
    options.retry.max_retries = 0;
    OpenAICloudBackend backend(options);
    network->expect(Exchange::refused()).expect(Exchange::refused()).expect(Exchange::refused());
    EXPECT_THROW((void)backend.chat_completion_raw(R"({"model":"a"})"), ConnectionError);
    EXPECT_THROW((void)backend.chat_completion_raw(R"({"model":"a"})", {.model = "b"}),
                 ConnectionError);
    EXPECT_THROW((void)backend.chat_completion_raw(R"({"model":7})"), ConnectionError);
    EXPECT_EQ(models, (std::vector<std::string>{"a", "b", ""}));
}

TEST_F(HooksOfACall, HearOnceOfTheEndOfAStreamThatWasLeft) {
    OpenAICloudBackend backend(options);
    network->expect(Exchange().sent().head(200).body(content_event("one")).after(1s));
    for ([[maybe_unused]] const ChatChunk& chunk : backend.stream(ask())) break;
    ASSERT_EQ(finished.size(), 1u);
    EXPECT_EQ(finished[0].error, ErrorCode::cancelled);
}

TEST_F(HooksOfACall, NameWhoAnswersInTheWordsOfOpenTelemetry) {
    std::string provider;
    options.hooks = {
        .on_call_started = [&](const CallInfo& call) { provider = call.server.provider; }};
    options.retry.max_retries = 0;
    options.base_url = ClientOptions{}.base_url;
    const auto provider_of = [&](ChatBackend& backend) {
        network->expect(Exchange::refused());
        EXPECT_THROW((void)backend.chat_completion({.model = "m", .max_tokens = 1}),
                     ConnectionError);
        return provider;
    };
    EXPECT_EQ(provider_of(*create_anthropic_backend(options)), "anthropic");
    EXPECT_EQ(provider_of(*create_azure_backend({.resource = "sweden"}, options)),
              "azure.ai.openai");
    EXPECT_EQ(provider_of(*create_service_backend("groq", options)), "groq");
    EXPECT_EQ(provider_of(*create_service_backend("mistral", options)), "mistral_ai");
    options.provider = "ours";
    EXPECT_EQ(provider_of(*create_service_backend("gemini", options)), "ours");
}

TEST_F(HooksOfACall, KnowTheModelThatExtraNames) {
    std::string model;
    options.hooks.on_call_started = [&](const CallInfo& call) { model = call.model; };
    OpenAICloudBackend backend(options);
    ChatRequest request = ask();
    request.extra = RawJson::parse_text(R"({"model":"finetuned"})");
    network->expect(Exchange::answer(401, ""));
    EXPECT_THROW((void)backend.chat_completion(request), AuthenticationError);
    EXPECT_EQ(model, "finetuned");
}

TEST_F(HooksOfACall, KnowOfListsOfModels) {
    std::string operation;
    options.hooks.on_call_started = [&](const CallInfo& call) { operation = call.operation; };
    network->expect(Exchange::answer(200, R"({"object":"list","data":[]})"));
    (void)OpenAICloudBackend(options).list_models();
    EXPECT_EQ(operation, "list_models");
}

TEST_F(HooksOfACall, KnowThePortOfTheServer) {
    std::vector<int> ports;
    options.hooks.on_call_started = [&](const CallInfo& call) {
        ports.push_back(call.server.port);
    };
    for (const char* url : {"http://localhost", "https://api.test:8443/v1", "http://[::1]:8000"}) {
        options.base_url = url;
        network->expect(Exchange::answer(200, ".\n"));
        TestClient(options).stream("/x", "{}", reader);
    }
    EXPECT_EQ(ports, (std::vector<int>{80, 8443, 8000}));
}

TEST_F(HooksOfACall, HearOfTheTransitionsOfTheClientsCircuitBreaker) {
    std::vector<std::string> changes;
    options.hooks.on_circuit_change = [&](const ServerInfo& server, const CircuitStateChange& to) {
        changes.push_back(std::string(server.address) + ' ' + std::string(to_string(to.to)));
    };
    options.breaker.fail_max = 1;
    options.retry.max_retries = 0;
    network->expect(Exchange::answer(503, ""));
    EXPECT_THROW(TestClient(options).stream("/x", "{}", reader), InternalServerError);
    EXPECT_EQ(changes, std::vector<std::string>{"api.test open"});
}

TEST_F(HooksOfACall, HearNothingOfACircuitThatIsNotTheClientsOwn) {
    int changes = 0;
    options.hooks.on_circuit_change = [&](const auto&...) { ++changes; };
    options.health = std::make_shared<EndpointHealth>(CircuitBreakerOptions{.fail_max = 1});
    options.retry.max_retries = 0;
    network->expect(Exchange::answer(503, ""));
    EXPECT_THROW(TestClient(options).stream("/x", "{}", reader), InternalServerError);
    EXPECT_EQ(options.health->breaker().state(network->now()), CircuitState::open);
    EXPECT_EQ(changes, 0);
}

// --- combine ------------------------------------------------------------------------------------

TEST(CombinedHooks, TellBothInOrderWhateverTheFirstThrows) {
    std::vector<int> told;
    Hooks first{.on_call_started = [&](const CallInfo&) {
        told.push_back(1);
        throw std::runtime_error("mine");
    }};
    Hooks second{.on_call_started = [&](const CallInfo&) { told.push_back(2); }};
    const Hooks both = combine(first, second);
    EXPECT_THROW(both.on_call_started({}), std::runtime_error);
    EXPECT_EQ(told, (std::vector<int>{1, 2}));
    EXPECT_FALSE(both.on_retry);
}

TEST(CombinedHooks, SendTheTraceHeadersOfBothAndOfTwoTheSecond) {
    const Hooks both = combine({.trace_headers = [](const CallInfo&) -> Headers {
                                   return {{"traceparent", "1"}, {"baggage", "a"}};
                               }},
                               {.trace_headers = [](const CallInfo&) -> Headers {
                                   return {{"traceparent", "2"}};
                               }});
    const Headers headers = both.trace_headers({});
    EXPECT_EQ(headers.size(), 2u);
    EXPECT_EQ(*find_header(headers, "traceparent"), "2");
    EXPECT_EQ(*find_header(headers, "baggage"), "a");
}

TEST(CombinedHooks, SendTheTraceHeadersOfTheSecondIfTheFirstThrows) {
    const Hooks both =
        combine({.trace_headers = [](const CallInfo&) -> Headers { throw std::runtime_error(""); }},
                {.trace_headers = [](const CallInfo&) -> Headers {
                    return {{"a", "b"}};
                }});
    EXPECT_EQ(both.trace_headers({}).size(), 1u);
}

TEST(CombinedHooks, OfWhichOneIsEmptyAreTheOther) {
    int told = 0;
    Hooks one{.on_call_finished = [&](const CallInfo&, const CallSummary&) { ++told; }};
    const CallMetadata metadata;
    combine(one, {}).on_call_finished({}, {{}, metadata});
    combine({}, one).on_call_finished({}, {{}, metadata});
    EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace cloud_backend::test
