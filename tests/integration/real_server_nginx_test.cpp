#include "real_server_fixture.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

// Chat completions through nginx: HTTP/2, gzip, and the errors that a gateway makes itself.
namespace cloud_backend::test {
namespace {

/// Of what nginx has noted, or of attempts.
template <class Item>
std::vector<int> statuses(const std::vector<Item>& items) {
    std::vector<int> all(items.size());
    std::ranges::transform(items, all.begin(), &Item::status);
    return all;
}

// --- HTTP/2 and gzip ----------------------------------------------------------------------------

/// What a caller gets to see of a plain and a streamed answer.
struct Seen {
    std::string plain{};
    std::vector<std::string> events{};
    std::string whole{};

    friend bool operator==(const Seen&, const Seen&) = default;
};

Seen look(EmbeddedServer& upstream, const std::string& url) {
    const auto backend = create_openai_backend(trusting_options(url));
    upstream.enqueue(Answer::json(200, R"({"id":"c-1","choices":[{"index":0,"message":)"
                                       R"({"role":"assistant","content":"whole"},)"
                                       R"("finish_reason":"stop"}]})"));
    upstream.enqueue(Answer::stream(with_done(three_word_events())));
    Seen seen;
    seen.plain = backend->chat_completion(ask()).raw.text();
    const auto keep = [&](const ChatChunk& chunk) { seen.events.push_back(chunk.raw.text()); };
    seen.whole = backend->chat_completion(ask(), keep).content();
    return seen;
}

TEST_F(RealServer, AnswersAreTheSameOverHttp2AndHttp1) {  // T6
    Nginx http1({.upstream = upstream.url(), .http2 = false});
    Nginx http2({.upstream = upstream.url()});
    const Seen over_http1 = look(upstream, http1.url());
    EXPECT_EQ(over_http1.whole, "one two three");
    EXPECT_EQ(over_http1.events, three_word_events());
    EXPECT_EQ(look(upstream, http2.url()), over_http1);
    for (const auto& entry : http1.stop()) EXPECT_EQ(entry.protocol, "HTTP/1.1");
    for (const auto& entry : http2.stop()) EXPECT_EQ(entry.protocol, "HTTP/2.0");
}

class OneConnection : public RealServer, public ::testing::WithParamInterface<bool> {};

TEST_P(OneConnection, ServesTwentyCalls) {  // T10
    Nginx nginx({.upstream = upstream.url(), .http2 = GetParam()});
    const auto backend = create_openai_backend(trusting_options(nginx.url()));
    std::size_t reused = 0;
    for (int i = 0; i < 10; ++i) {
        reused += backend->chat_completion(ask()).metadata.connection_reused ? 1U : 0U;
        reused += backend->chat_completion(ask(), collect()).metadata.connection_reused ? 1U : 0U;
    }
    EXPECT_EQ(reused, 19U);
    std::set<int> connections;
    const auto entries = nginx.stop();
    for (const auto& entry : entries) connections.insert(entry.connection);
    EXPECT_EQ(statuses(entries), std::vector(20, 200));
    EXPECT_EQ(connections.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Http, OneConnection, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "2" : "1"; });

constexpr const char* gzip_everything =
    "gzip on; gzip_proxied any; gzip_min_length 1; gzip_types application/json text/event-stream;";

TEST_F(RealServer, GzippedBodiesAreDecoded) {  // T6
    Nginx plain({.upstream = upstream.url()});
    Nginx gzipping({.upstream = upstream.url(), .http_directives = gzip_everything});
    EXPECT_EQ(look(upstream, gzipping.url()), look(upstream, plain.url()));
    for (const auto& entry : plain.stop()) EXPECT_EQ(entry.content_encoding, "-");
    for (const auto& entry : gzipping.stop()) EXPECT_EQ(entry.content_encoding, "gzip");
}

TEST_F(RealServer, AGzippedStreamIsDeliveredAsItComes) {  // T1
    const Nginx nginx({.upstream = upstream.url(), .http_directives = gzip_everything});
    const auto answer = Answer::stream(three_word_events());
    upstream.enqueue(answer.cut_after(answer.wire().find(" two")).then_stall());
    const auto backend = create_openai_backend(trusting_options(nginx.url()));
    (void)backend->chat_completion(ask(), [&](const ChatChunk& chunk) {
        streamed += chunk.content();
        return streamed.empty();  // Or it would wait for the rest, which does not come.
    });
    EXPECT_EQ(streamed, "one");
}

TEST_F(RealServer, AGzippedBodyCountsAsWhatItHolds) {  // T8
    const Nginx nginx({.upstream = upstream.url(), .http_directives = gzip_everything});
    auto options = trusting_options(nginx.url());
    options.limits.response_body = 100'000;
    upstream.enqueue(Answer::json(200, std::string(1'000'000, ' ')));
    const auto error = error_of<LimitExceededError>(
        [&] { (void)create_openai_backend(options)->chat_completion(ask()); });
    EXPECT_EQ(error.attempts().size(), 1U);
}

TEST_F(RealServer, AnUpstreamThatDiesInMidStreamIsNoSuccess) {  // T4
    const Nginx nginx({.upstream = upstream.url()});
    const auto answer = Answer::stream(three_word_events());
    upstream.enqueue(answer.cut_after(answer.wire().find(" three")));
    const auto error = error_of<Error>([&] {
        (void)create_openai_backend(trusting_options(nginx.url()))
            ->chat_completion(ask(), collect());
    });
    EXPECT_EQ(streamed, "one two");
    ASSERT_NE(error.partial(), nullptr);
    EXPECT_EQ(error.partial()->content(), "one two");
    EXPECT_EQ(error.attempts().size(), 1U);
    EXPECT_EQ(upstream.request_count(), 1U);
}

TEST_F(RealServer, AServerThatEndsItsConnectionsNowAndThenCostsNoAttempt) {  // T2
    for (const bool http2 : {false, true}) {
        Nginx nginx({.upstream = upstream.url(),
                     .http2 = http2,
                     .server_directives = "keepalive_requests 2;"});
        const auto backend = create_openai_backend(trusting_options(nginx.url()));
        std::vector<bool> reused;
        for (int i = 0; i < 6; ++i) {
            const auto answer = backend->chat_completion(ask(), collect());
            EXPECT_EQ(answer.metadata.attempts.size(), 1U);
            reused.push_back(answer.metadata.connection_reused);
        }
        EXPECT_EQ(reused, (std::vector{false, true, false, true, false, true}));
        EXPECT_EQ(statuses(nginx.stop()), std::vector(6, 200));
    }
}

// --- errors of the gateway ----------------------------------------------------------------------

TEST_F(RealServer, ARateLimitIsRetriedThenReported) {  // R1, section 3
    Nginx nginx({.upstream = upstream.url(),
                 .http_directives = "limit_req_zone $server_port zone=all:64k rate=1r/m;",
                 .server_directives = "limit_req zone=all nodelay; limit_req_status 429;"});
    const auto backend = create_openai_backend(trusting_options(nginx.url()));
    EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
    const auto error = error_of<RateLimitError>([&] { (void)backend->chat_completion(ask()); });
    EXPECT_EQ(error.status(), 429);
    EXPECT_EQ(statuses(error.attempts()), std::vector(4, 429));
    EXPECT_EQ(error.attempts().back().end, AttemptEnd::retries_exhausted);
    const auto counters = backend->health()->breaker().snapshot().counters;
    EXPECT_EQ(counters.throttled, 4U);
    EXPECT_EQ(counters.failures, 0U);
    EXPECT_EQ(statuses(nginx.stop()), (std::vector{200, 429, 429, 429, 429}));
    EXPECT_EQ(upstream.request_count(), 1U);
}

TEST_F(RealServer, ARateLimitThatIsOverCostsOnlyTheRetry) {  // R6
    Nginx nginx({.upstream = upstream.url(),
                 .http_directives = "limit_req_zone $server_port zone=all:64k rate=1r/s;",
                 .server_directives = "limit_req zone=all nodelay; limit_req_status 429;"
                                      "add_header retry-after-ms 1000 always;"});
    const auto backend = create_openai_backend(trusting_options(nginx.url()));
    (void)backend->chat_completion(ask());
    const auto answer = backend->chat_completion(ask());
    EXPECT_EQ(answer.content(), "pong");
    EXPECT_EQ(statuses(answer.metadata.attempts), (std::vector{429, 200}));
    EXPECT_EQ(statuses(nginx.stop()), (std::vector{200, 429, 200}));
}

TEST_F(RealServer, AStoppedUpstreamIsRetriedThenReported) {  // R1, E1
    const RefusingPort stopped;
    Nginx nginx({.upstream = stopped.url()});
    const auto backend = create_openai_backend(trusting_options(nginx.url()));
    const auto error =
        error_of<InternalServerError>([&] { (void)backend->chat_completion(ask(), collect()); });
    EXPECT_EQ(error.status(), 502);
    EXPECT_NE(std::string(error.what()).find("502 Bad Gateway"), std::string::npos);
    EXPECT_EQ(statuses(error.attempts()), std::vector(4, 502));
    EXPECT_EQ(backend->health()->breaker().snapshot().counters.failures, 4U);
    EXPECT_EQ(statuses(nginx.stop()), std::vector(4, 502));
}

TEST_F(RealServer, AnUpstreamThatStartsAgainAnswersTheRetry) {  // R1
    const RefusingPort port;
    std::optional<EmbeddedServer> restarted;
    Nginx nginx({.upstream = port.url()});
    auto options = trusting_options(nginx.url());
    options.hooks.on_retry = [&](const CallInfo&, const AttemptInfo&) {
        restarted.emplace(embedded_server::ServerOptions{.port = port.port()});
    };
    const auto answer = create_openai_backend(options)->chat_completion(ask());
    EXPECT_EQ(answer.content(), "pong");
    EXPECT_EQ(statuses(answer.metadata.attempts), (std::vector{502, 200}));
    EXPECT_EQ(statuses(nginx.stop()), (std::vector{502, 200}));
}

// --- the log ------------------------------------------------------------------------------------

TEST_F(RealServer, NoPieceOfAKeyIsLoggedOverHttp2) {  // E4
    const Nginx nginx({.upstream = upstream.url()});
    auto options = trusting_options(nginx.url());
    std::string key = "sk-";
    while (key.size() < 4'000) key += "canary";  // Longer than libcurl's buffer for a line.
    options.api_key = key;
    std::string log;
    options.log_level = LogLevel::trace;
    options.log = [&](LogLevel, std::string_view line) { log.append(line).append("\n"); };
    EXPECT_EQ(create_openai_backend(options)->chat_completion(ask()).content(), "pong");
    EXPECT_EQ(upstream.requests().at(0).header("Authorization"), "Bearer " + key);
    EXPECT_NE(log.find("authorization"), std::string::npos) << log;  // As HTTP/2 spells it.
    EXPECT_EQ(log.find("canary"), std::string::npos) << log;
    EXPECT_EQ(log.find("sk-"), std::string::npos) << log;
}

}  // namespace
}  // namespace cloud_backend::test
