#include "../support/backend_fixture.hpp"
#include "../support/process_stats.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>

// Nothing is left behind, and nothing secret is said.
namespace cloud_backend::test {
namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;

/// AddressSanitizer holds freed memory back, and looks for leaks itself.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool keeps_freed_memory = true;
#else
constexpr bool keeps_freed_memory = false;
#endif

/// No further descriptor can be opened while it lives.
class NoDescriptorsLeft {
public:
    NoDescriptorsLeft() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = ::dup(0);
        ::close(lowest_free);
        const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free),
                          .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
    NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;

private:
    rlimit before_{};
};

TEST(Resources, RunningOutOfDescriptorsIsNotTheServersFault) {
    EmbeddedServer server;
    auto options = quick_options(server.url());
    options.retry.max_retries = 0;
    const auto backend = create_openai_backend(options);
    // What else is needed is open after an answer and an error: UndefinedBehaviorSanitizer opens a
    // pipe when it meets a class for the first time.
    server.enqueue(Answer::bytes("").then_reset());
    EXPECT_THROW((void)backend->chat_completion(ask()), ConnectionError);
    server.enqueue(Answer::json(200, R"({"choices":[{"message":{"content":"pong"}}]})",
                                {{"Connection", "close"}})
                       .then_close());
    EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
    const auto failures = backend->health()->breaker().snapshot().counters.failures;
    ASSERT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }));
    {
        const NoDescriptorsLeft none;
        EXPECT_THROW((void)backend->chat_completion(ask()), ConnectionError);
    }
    EXPECT_EQ(backend->health()->breaker().snapshot().counters.failures, failures);
    EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
}

TEST(Resources, AThousandFailingCallsLeaveNothingBehind) {
    std::atomic<bool> closing = false;  // So that the client keeps no connection.
    EmbeddedServer server({.handler = [&](const embedded_server::Request& request) {
        if (closing) return Answer::json(500, "{}", {{"Connection", "close"}}).then_close();
        switch (request.connection % 4) {
            case 0:
                return Answer::bytes("").then_reset();
            case 1:
                return Answer::json(500, R"({"error":{"message":"no"}})").then_close();
            case 2:
                return Answer::stream({content_chunk("one")}).then_close();
            default:
                return Answer::bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{").then_close();
        }
    }});
    auto options = quick_options(server.url());
    options.breaker.fail_max = 1'000'000;
    options.retry.max_retries = 0;
    const auto backend = create_openai_backend(options);
    int failed = 0;
    auto call = [&, plain = false]() mutable {
        plain = !plain;
        try {
            if (plain)
                (void)backend->chat_completion(ask());
            else
                (void)backend->chat_completion(ask(), [](const ChatChunk&) {});
        } catch (const Error&) {
            ++failed;
        }
    };
    const auto make_calls = [&](int count) {
        for (int i = 1; i < count; ++i) call();
        closing = true;
        call();
        closing = false;
    };
    make_calls(100);
    ASSERT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }));
    const auto descriptors = open_descriptors();
    const auto memory = resident_bytes();
    make_calls(1'000);
    EXPECT_EQ(failed, 1'100);
    ASSERT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }));
    EXPECT_EQ(open_descriptors(), descriptors);
    if (!keeps_freed_memory) {
        constexpr std::size_t allowance = std::size_t{8} << 20;  // The server keeps its requests.
        EXPECT_LE(resident_bytes(), memory + allowance);
    }
}

TEST(Secrets, NeitherLogNorErrorHoldsTheKeyNorTheLogThePrompt) {  // E2, E4
    EmbeddedServer server;
    std::mutex mutex;
    std::string log;
    auto options = quick_options(server.url());
    options.api_key = "sk-canary-key";
    options.headers = {{"api-key", "canary-header"}, {"Cookie", "canary-cookie"}};
    options.log_level = LogLevel::trace;  // libcurl's own words included.
    options.log = [&](LogLevel, std::string_view line) {
        const std::scoped_lock lock(mutex);
        log.append(line).append("\n");
    };
    const auto backend = create_openai_backend(options);
    const auto prompt = ask("canary-prompt");
    (void)backend->chat_completion(prompt);
    (void)backend->chat_completion(prompt, [](const ChatChunk&) {});
    server.enqueue(Answer::json(
        401, R"({"error":{"message":"Incorrect key sk-canary-key for canary-prompt"}})",
        {{"Set-Cookie", "canary-cookie"}}));
    try {
        (void)backend->chat_completion(prompt);
        FAIL();
    } catch (const AuthenticationError& error) {
        EXPECT_EQ(std::string(error.what()).find("sk-canary-key"), std::string::npos);
        EXPECT_NE(std::string(error.what()).find("Incorrect key"), std::string::npos);
    }
    EXPECT_NE(log.find("POST /v1/chat/completions"), std::string::npos) << "libcurl was not heard";
    for (const char* canary :
         {"sk-canary-key", "canary-prompt", "canary-header", "canary-cookie", "Incorrect key"}) {
        EXPECT_EQ(log.find(canary), std::string::npos) << canary << "\n" << log;
    }
}

}  // namespace
}  // namespace cloud_backend::test
