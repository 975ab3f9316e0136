#include "../support/call_fixture.hpp"

#include <cloud_backend/openai.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

// The client's face: options, headers, what is said in logs and errors. SPEC 1, T11, C1a, E2, E4.
namespace cloud_backend::test {
namespace {

using namespace std::chrono_literals;

class Client : public ::testing::Test {
protected:
    std::shared_ptr<FakeTransport> network = std::make_shared<FakeTransport>();
    ClientOptions options = fake_options(network);
    LineReader reader{};

    const HttpRequest& sent() const { return network->requests.back(); }
    std::string header(std::string_view name) const {
        const auto* value = find_header(sent().headers, name);
        return value ? *value : "(none)";
    }
};

TEST_F(Client, DefaultsAreTheOriginals) {  // section 1
    const ClientOptions defaults{};
    EXPECT_EQ(defaults.base_url, "https://api.openai.com");
    EXPECT_EQ(defaults.retry.max_retries, 3);
    EXPECT_EQ(defaults.retry.backoff_factor, 0.5);
    EXPECT_EQ(defaults.timeouts.first_byte, 60s);
    EXPECT_EQ(defaults.timeouts.connect, 10s);
    EXPECT_EQ(defaults.breaker.fail_max, 5);
    EXPECT_EQ(defaults.breaker.reset_timeout, 30s);
}

TEST_F(Client, SendsTheHeadersOfTheContract) {  // section 1, C1a
    network->expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/chat/completions", R"({"a":1})", reader);
    EXPECT_EQ(sent().method, "POST");
    EXPECT_EQ(sent().url, "https://api.test/v1/chat/completions");
    EXPECT_EQ(sent().body, R"({"a":1})");
    EXPECT_EQ(header("Authorization"), "Bearer sk-test-key");
    EXPECT_EQ(header("Content-Type"), "application/json");
    EXPECT_EQ(header("Accept"), "text/lines");
    EXPECT_EQ(header("User-Agent").rfind("cloud_backend/", 0), 0u);
}

TEST_F(Client, TheMoreParticularHeaderReplacesTheMoreGeneral) {
    options.headers = {{"X-A", "client"}, {"X-B", "client"}, {"user-agent", "mine"}};
    network->expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/x", "", reader, {.headers = {{"x-a", "call"}}});
    EXPECT_EQ(header("X-A"), "call");
    EXPECT_EQ(header("X-B"), "client");
    EXPECT_EQ(header("User-Agent"), "mine");
}

TEST_F(Client, HooksOfASubclassAreAskedPerCallAndNotByTheConstructor) {  // section 1
    struct Subclass final : CloudBackendClient {
        explicit Subclass(ClientOptions o) : CloudBackendClient(std::move(o)) {}
        using CloudBackendClient::exchange;
        AuthScheme auth_scheme() const override {
            ++asked;
            return {"api-key", ""};
        }
        Headers request_headers() const override { return {{"X-Version", "7"}}; }
        mutable int asked = 0;
    };
    const Subclass client(options);
    EXPECT_EQ(client.asked, 0);
    network->expect(Exchange::answer(200, ".\n"));
    client.exchange({.path = "/x", .body = ""}, reader);
    EXPECT_EQ(client.asked, 1);
    EXPECT_EQ(header("api-key"), "sk-test-key");
    EXPECT_EQ(header("Authorization"), "(none)");
    EXPECT_EQ(header("X-Version"), "7");
}

TEST_F(Client, WithoutANeededKeyNoAuthorizationIsSent) {  // T11
    options.api_key = {};
    EXPECT_THROW(TestClient{options}, ConfigError);
    options.require_api_key = false;
    network->expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/x", "", reader);
    EXPECT_EQ(header("Authorization"), "(none)");
}

TEST_F(Client, AKeyInTheOpenIsForLoopbackOnly) {  // T11
    options.base_url = "http://api.test";
    EXPECT_THROW(TestClient{options}, ConfigError);
    for (const char* url : {"http://localhost:8080", "http://127.0.0.1", "http://[::1]:1"}) {
        options.base_url = url;
        EXPECT_NO_THROW(TestClient{options}) << url;
    }
    options.base_url = "http://api.test";
    options.allow_insecure_http = true;
    EXPECT_NO_THROW(TestClient{options});
}

TEST_F(Client, BadOptionsAreRefusedWhenTheClientIsMade) {
    const auto refused = [&](auto&& change) {
        auto bad = options;
        change(bad);
        EXPECT_THROW(TestClient{bad}, ConfigError);
    };
    refused([](ClientOptions& o) { o.base_url = "ftp://api.test"; });
    refused([](ClientOptions& o) { o.base_url = "https://user:pass@api.test"; });
    refused([](ClientOptions& o) { o.api_key = "sk\r\nX: 1"; });
    refused([](ClientOptions& o) { o.headers = {{"X", "a\nb"}}; });
    refused([](ClientOptions& o) { o.retry.max_retries = -1; });
    refused([](ClientOptions& o) { o.retry.backoff_factor = -1; });
    refused([](ClientOptions& o) { o.breaker.fail_max = 0; });
    refused([](ClientOptions& o) { o.breaker.half_open_probes = 0; });
    refused([](ClientOptions& o) { o.breaker.reset_timeout = -1ms; });
    refused([](ClientOptions& o) { o.breaker.failure_rate = {.threshold = 1.5}; });
    refused([](ClientOptions& o) { o.breaker.failure_rate = {.window = 0ms}; });
    refused([](ClientOptions& o) { o.timeouts.connect = -1ms; });
    refused([](ClientOptions& o) { o.retry.max_backoff = -1ms; });
    refused([](ClientOptions& o) { o.retry.max_retry_after = -1ms; });
    refused([](ClientOptions& o) { o.retry.budget.capacity = -1; });
    refused([](ClientOptions& o) { o.breaker.failure_rate = {.threshold = 1.5}; });
    refused([](ClientOptions& o) { o.breaker.failure_rate = {.window = 0ms}; });
    refused([](ClientOptions& o) { o.limits.json_depth = 0; });
    refused([](ClientOptions& o) { o.limits.json_depth = std::size_t{1} << 20; });
}

TEST_F(Client, BadHeadersOfACallAreRefusedBeforeAnythingIsSent) {  // T11
    const TestClient client(options);
    EXPECT_THROW(client.stream("/x", "", reader, {.headers = {{"X", "a\r\nb"}}}), ConfigError);
    EXPECT_TRUE(network->requests.empty());
}

TEST_F(Client, AKeyThatIsAPlainHeaderIsNotSentInTheOpen) {  // T11
    options.base_url = "http://api.test";
    options.api_key = {};
    options.require_api_key = false;
    EXPECT_NO_THROW(TestClient{options});
    EXPECT_THROW(TestClient(options).stream("/x", "", reader, {.headers = {{"api-key", "k"}}}),
                 ConfigError);
    options.headers = {{"API-Key", "k"}};
    EXPECT_THROW(TestClient{options}, ConfigError);
    options.allow_insecure_http = true;
    EXPECT_NO_THROW(TestClient{options});
}

TEST_F(Client, AnAuthSchemeThatBreaksOutOfItsLineIsRefused) {  // T11
    struct Sloppy : CloudBackendClient {
        explicit Sloppy(ClientOptions options) : CloudBackendClient(std::move(options)) {}
        using CloudBackendClient::post;
        AuthScheme scheme{};
        AuthScheme auth_scheme() const override { return scheme; }
    };
    Sloppy client(options);
    for (const AuthScheme& bad : {AuthScheme{"X: y", ""}, AuthScheme{"X", "a\r\nB: "}}) {
        client.scheme = bad;
        EXPECT_THROW((void)client.post({.path = "/x"}), ConfigError);
    }
    EXPECT_TRUE(network->requests.empty());
}

TEST_F(Client, WhatAKeyFunctionThrowsEndsTheCall) {  // R11
    options.api_key = []() -> std::string { throw std::domain_error("vault is sealed"); };
    const TestClient client(options);
    EXPECT_THROW(client.stream("/x", "", reader), std::domain_error);
    EXPECT_EQ(client.health()->breaker().snapshot(network->now()).counters.neutral, 1u);
}

TEST_F(Client, AKeyThatIsAPlainHeaderIsMaskedToo) {  // E2
    options.headers = {{"api-key", "azure-secret"}, {"Proxy-Authorization", "Basic cHJveHk"}};
    network->expect(Exchange::answer(401, "no azure-secret and no cHJveHk here"));
    const auto error =
        error_of<AuthenticationError>([&] { TestClient(options).stream("/x", "", reader); });
    EXPECT_EQ(error.body(), "no *** and no *** here");
}

TEST_F(Client, MalformedEventsAreLoggedForTheAttemptThatHadThem) {  // E5
    std::vector<std::string> warnings;
    options.log = [&](LogLevel, std::string_view line) {
        EXPECT_EQ(line.find("canary"), std::string_view::npos);
        if (line.find("malformed") != std::string_view::npos) warnings.emplace_back(line);
    };
    options.retry.max_retries = 1;
    network->expect(Exchange::answer(200, "data: canary\n\n")).expect(Exchange::answer(503, ""));
    EXPECT_THROW(
        create_openai_backend(options)->chat_completion({.model = "m"}, [](const ChatChunk&) {}),
        InternalServerError);
    EXPECT_EQ(warnings, std::vector<std::string>{"1 malformed events were skipped"});
}

TEST_F(Client, TheKeyIsMaskedWhereTheServerQuotesIt) {  // E2
    network->expect(Exchange::answer(
        401,
        R"({"error":{"message":"Incorrect API key provided: sk-test-key","code":"sk-test-key"}})",
        {{"x-request-id", "req-sk-test-key"}}));
    const auto error =
        error_of<AuthenticationError>([&] { TestClient(options).stream("/x", "", reader); });
    EXPECT_EQ(std::string(error.what()).find("sk-test-key"), std::string::npos);
    EXPECT_EQ(error.body().find("sk-test-key"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("Incorrect API key"), std::string::npos);
}

TEST_F(Client, TheLogHoldsNeitherKeyNorPromptNorAnswer) {  // E4
    std::string log;
    options.log_level = LogLevel::trace;
    options.log = [&](LogLevel, std::string_view line) { log.append(line).append("\n"); };
    options.breaker.fail_max = 1;
    options.retry.max_retries = 0;
    const TestClient client(options);
    network->expect(Exchange::answer(200, "answer-canary\n.\n", {{"x-request-id", "req-7"}}));
    client.stream("/x?secret=query-canary", "prompt-canary", reader);
    network->expect(Exchange::answer(503, "prompt-canary sk-test-key"));
    EXPECT_THROW(client.stream("/x", "prompt-canary", reader), InternalServerError);
    for (const char* canary : {"sk-test-key", "prompt-canary", "answer-canary", "query-canary"}) {
        EXPECT_EQ(log.find(canary), std::string::npos) << log;
    }
    for (const char* told : {"POST", "api.test", "200", "503", "req-7", "closed -> open"}) {
        EXPECT_NE(log.find(told), std::string::npos) << told << "\n" << log;
    }
}

TEST_F(Client, TheLogTellsHowEachAttemptEndedAndWhenTheNextComes) {  // E4
    std::string log;
    options.log_level = LogLevel::info;
    options.log = [&](LogLevel, std::string_view line) { log.append(line).append("\n"); };
    options.retry = {.max_retries = 2, .retry_on_timeout = true};
    network->expect(
        Exchange().after(10ms).fail(TransferFault::not_sent, ConnectionStage::connect, 7));
    network->expect(Exchange().sent());
    network->expect(Exchange::answer(418, ""));
    EXPECT_THROW(TestClient(options).stream("/x", "", reader), ApiError);
    EXPECT_EQ(log,
              "POST https://api.test/v1/x attempt 1: connection failed, curl code 7 in 0.010 s, "
              "next attempt in 0.500 s\n"
              "POST https://api.test/v1/x attempt 2: timed out in 60.000 s, "
              "next attempt in 1.000 s\n"
              "POST https://api.test/v1/x attempt 3: status 418 in 0.000 s\n");
}

TEST_F(Client, ALogSinkThatThrowsDoesNotFailTheCall) {
    options.log_level = LogLevel::trace;
    options.log = [](LogLevel, std::string_view) { throw std::runtime_error("disk full"); };
    network->expect(Exchange::answer(200, ".\n"));
    EXPECT_NO_THROW(TestClient(options).stream("/x", "", reader));
}

TEST_F(Client, MetadataTellsHowTheCallWent) {  // C5
    network->expect(Exchange().sent().after(10ms).head(503).finish());
    network->expect(Exchange()
                        .sent()
                        .after(20ms)
                        .head(200, {{"x-request-id", "req-1"},
                                    {"x-ratelimit-remaining-requests", "41"},
                                    {"x-ratelimit-reset-requests", "6m0s"}})
                        .after(30ms)
                        .body("a\n")
                        .after(40ms)
                        .body(".\n")
                        .finish());
    const auto metadata = TestClient(options).stream("/x", "", reader);
    EXPECT_EQ(metadata.request_id, "req-1");
    EXPECT_EQ(metadata.rate_limits.requests.remaining, 41);
    EXPECT_EQ(metadata.rate_limits.requests.reset_in, 6min);
    EXPECT_EQ(metadata.time_to_first_byte, 530ms);
    EXPECT_EQ(metadata.time_to_first_chunk, 560ms);
    EXPECT_EQ(metadata.total_time, 600ms);
    EXPECT_EQ(metadata.attempts[0].duration, 10ms);
}

TEST_F(Client, PostReturnsTheWholeAnswer) {
    network->expect(Exchange().sent().head(201, {{"X", "y"}}).body("ab").body("c").finish());
    const auto response = TestClient(options).post("/x", "{}");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "abc");
    EXPECT_EQ(*find_header(response.headers, "x"), "y");
    EXPECT_EQ(response.metadata.attempts.size(), 1u);
}

TEST_F(Client, FromEnvironmentReadsTheFourVariables) {
    const char* names[] = {"OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID",
                           "OPENAI_PROJECT_ID"};
    for (const char* name : names) ::unsetenv(name);
    EXPECT_EQ(from_environment().base_url, "https://api.openai.com/v1");
    EXPECT_TRUE(from_environment().headers.empty());
    EXPECT_THROW((void)create_openai_backend(from_environment()), ConfigError);
    ::setenv("OPENAI_API_KEY", "sk-env", 1);
    ::setenv("OPENAI_BASE_URL", "https://proxy.test/v1", 1);
    ::setenv("OPENAI_ORG_ID", "org-1", 1);
    ::setenv("OPENAI_PROJECT_ID", "proj-1", 1);
    const auto read = from_environment();
    EXPECT_EQ(read.api_key.value(), "sk-env");
    EXPECT_EQ(read.base_url, "https://proxy.test/v1");
    EXPECT_EQ(read.headers,
              (Headers{{"OpenAI-Organization", "org-1"}, {"OpenAI-Project", "proj-1"}}));
    for (const char* name : names) ::unsetenv(name);
}

TEST_F(Client, AKeyThatIsNoneIsAnEmptyOne) {              // T11
    options.api_key = static_cast<const char*>(nullptr);  // As of std::getenv().
    EXPECT_THROW(TestClient{options}, ConfigError);
    options.api_key = std::function<std::string()>();
    EXPECT_THROW(TestClient{options}, ConfigError);
}

TEST_F(Client, APathThatWouldNotArriveAsItIsIsRefused) {  // T11
    using namespace std::string_literals;
    const TestClient client(options);
    for (const auto& path : {"/x\r\nHost: y"s, "/x y"s, "/x\0y"s}) {
        EXPECT_THROW((void)client.post(path, ""), ConfigError);
    }
    EXPECT_TRUE(network->requests.empty());
}

TEST_F(Client, LimitsReachTheTransport) {  // T5, T8
    options.limits.response_headers = 123;
    options.timeouts.connect = 7s;
    network->expect(Exchange::answer(200, ".\n"));
    TestClient(options).stream("/x", "", reader);
    EXPECT_EQ(sent().max_header_bytes, 123u);
    EXPECT_EQ(sent().connect_timeout, 7s);
}

TEST_F(Client, ChangesOfTheCircuitAreToldAndWhatThatThrowsIsLogged) {  // B6
    int told = 0;
    std::string log;
    options.breaker.fail_max = 1;
    options.retry.max_retries = 0;
    options.breaker.on_state_change = [&](const CircuitStateChange& change) {
        ++told;
        EXPECT_EQ(change.to, CircuitState::open);
        throw std::runtime_error("mine");
    };
    options.log = [&](LogLevel, std::string_view line) { log.append(line).append("\n"); };
    network->expect(Exchange::answer(503, ""));
    EXPECT_THROW(TestClient(options).stream("/x", "", reader), InternalServerError);
    EXPECT_EQ(told, 1);
    EXPECT_NE(log.find("on_state_change threw"), std::string::npos) << log;
}

TEST_F(Client, WhatAHookThrowsIsLoggedAndTheCallGoesOn) {  // R10
    std::string log;
    options.hooks.on_attempt_finished = [](const CallInfo&, const AttemptInfo&) {
        throw std::runtime_error("mine");
    };
    options.log = [&](LogLevel, std::string_view line) { log.append(line).append("\n"); };
    network->expect(Exchange::answer(200, ".\n"));
    EXPECT_NO_THROW(TestClient(options).stream("/x", "", reader));
    EXPECT_NE(log.find("a hook threw"), std::string::npos) << log;
}

TEST_F(Client, TheLogTellsEachAttemptAndItsTime) {  // E4
    std::string log;
    options.log_level = LogLevel::debug;
    options.headers = {{"api-key", "header-canary"}};
    options.log = [&](LogLevel, std::string_view line) { log.append(line).append("\n"); };
    network->expect(Exchange().sent().after(250ms).head(503).finish());
    network->expect(Exchange::answer(200, ".\n", {{"x-request-id", "header-canary-7"}}));
    TestClient(options).stream("/x", "", reader);
    EXPECT_NE(log.find("attempt 1: status 503 in 0.250 s, next attempt in 0.500 s"),
              std::string::npos)
        << log;
    EXPECT_NE(log.find("attempt 2: status 200 in 0.000 s, request id ***-7"), std::string::npos)
        << log;
}

TEST_F(Client, AllChoicesOfARawStreamMustFinish) {  // T4
    options.retry.max_retries = 0;
    network->expect(
        Exchange::answer(200,
                         "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},"
                         "\"finish_reason\":\"stop\"}]}\n\n"));
    EXPECT_THROW(create_openai_backend(options)->chat_completion_raw(
                     R"({"model":"m","messages":[],"n":2})", [](const ChatChunk&) {}),
                 StreamTruncatedError);
}

}  // namespace
}  // namespace cloud_backend::test
