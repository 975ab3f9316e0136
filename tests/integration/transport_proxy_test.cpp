#include "transport_fixture.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

// Proxies, and what the log shows of a transfer. SPEC T9, E4.
namespace cloud_backend::test {
namespace {

// --- proxies (T9) -------------------------------------------------------------------------------

class Environment {
public:
    Environment(const char* name, const std::string& value) : name_(name) {
        ::setenv(name_, value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() { ::unsetenv(name_); }  // NOLINT(concurrency-mt-unsafe)

private:
    const char* name_;
};

TEST_F(TransportTest, LoopbackGoesThroughNoProxy) {
    EmbeddedServer proxy;
    const Environment variable("http_proxy", proxy.url());
    EXPECT_EQ(exchange(*loop_, request_).head.status, 200);
    const std::string port = std::to_string(server_.port());
    EXPECT_EQ(exchange(*loop_, request_to("http://localhost:" + port)).head.status, 200);
    EXPECT_EQ(exchange(request_, {.proxy = proxy.url()}).head.status, 200);
    EXPECT_EQ(proxy.connection_count(), 0U);
    EXPECT_EQ(server_.request_count(), 3U);
}

TEST_F(TransportTest, OtherHostsGoThroughTheProxyOfTheEnvironment) {
    const Environment variable("http_proxy", server_.url());
    EXPECT_EQ(exchange(*loop_, request_to("http://api.invalid")).head.status, 200);
    EXPECT_EQ(server_.requests().at(0).target, "http://api.invalid/v1/chat/completions");
}

TEST_F(TransportTest, TheProxyOptionComesBeforeTheEnvironment) {
    const RefusingPort other;
    const Environment variable("http_proxy", other.url());
    const Recorder events = exchange(request_to("http://api.invalid"), {.proxy = server_.url()});
    EXPECT_EQ(events.head.status, 200);
}

TEST_F(TransportTest, WhatAProxySaysOfATunnelIsNoAnswer) {
    server_.enqueue(Answer::bytes("HTTP/1.1 200 OK\r\n\r\n").then_close());
    server_.enqueue(Answer::status(407));
    for (int i = 0; i < 2; ++i) {
        const Recorder events =
            exchange(request_to("https://api.invalid"), {.proxy = server_.url()});
        EXPECT_EQ(server_.requests().back().method, "CONNECT");
        EXPECT_EQ(events.names, (Names{"finished"}));
        EXPECT_EQ(events.failure().fault, TransferFault::not_sent);
    }
}

// --- the log (E4) -------------------------------------------------------------------------------

/// All lines that reach a sink.
class LogLines {
public:
    [[nodiscard]] LogSink sink() {
        return [this](LogLevel, std::string_view line) {
            const std::lock_guard lock(mutex_);
            lines_.emplace_back(line);
        };
    }
    [[nodiscard]] bool contain(std::string_view text) const {
        return std::ranges::any_of(
            lines_, [&](const std::string& line) { return line.find(text) != std::string::npos; });
    }
    [[nodiscard]] bool empty() const { return lines_.empty(); }

private:
    std::mutex mutex_;
    std::vector<std::string> lines_;
};

class TransportLogTest : public TransportTest {
protected:
    TransportLogTest() {
        server_.enqueue(Answer::json(200, "answer-canary",
                                     {{"Set-Cookie", "cookie-canary"}, {"X-Echo", "sk-canary"}}));
    }

    void make_request(LogLevel level) {
        HttpRequest request = request_;
        request.url += "?key=query-canary";
        request.body = "prompt-canary";
        request.headers.push_back({"api-key", "other-canary"});
        const auto transport = make_curl_transport({}, Log(lines_.sink(), level));
        exchange(*open_loop_of(*transport), request);
    }

    LogLines lines_;
};

TEST_F(TransportLogTest, TraceShowsHeadersMaskedAndNoBody) {
    make_request(LogLevel::trace);
    EXPECT_TRUE(lines_.contain("> POST /v1/chat/completions"));
    EXPECT_TRUE(lines_.contain("> Authorization:"));
    EXPECT_TRUE(lines_.contain("< HTTP/1.1 200"));
    EXPECT_TRUE(lines_.contain("* Connected to"));
    EXPECT_FALSE(lines_.contain("canary"));
    EXPECT_FALSE(lines_.contain("\n"));
}

TEST_F(TransportLogTest, NothingIsTracedAtOtherLevels) {
    make_request(LogLevel::debug);
    EXPECT_TRUE(lines_.empty());
}

TEST_F(TransportLogTest, TheCredentialsOfAProxyAreMasked) {
    const std::string port = std::to_string(server_.port());
    const Environment variable("http_proxy", "http://user:proxy-canary@127.0.0.1:" + port);
    const auto transport = make_curl_transport({}, Log(lines_.sink(), LogLevel::trace));
    exchange(*open_loop_of(*transport), request_to("http://api.invalid"));
    EXPECT_TRUE(lines_.contain("http_proxy"));
    EXPECT_TRUE(lines_.contain("> Proxy-Authorization:"));
    EXPECT_FALSE(lines_.contain("canary"));
    EXPECT_FALSE(lines_.contain("dXNlcjpwcm94eS1jYW5hcnk="));  // The same in base64.
}

}  // namespace
}  // namespace cloud_backend::test
