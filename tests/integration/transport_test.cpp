#include "embedded_server.hpp"
#include "http/curl_transport.hpp"
#include "request_reader.hpp"
#include "socket.hpp"

#include <cloud_backend/transport.hpp>

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace cloud_backend {
namespace {

using detail::CurlTransportOptions;
using detail::Log;
using detail::make_curl_transport;
using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using embedded_server::HangingPort;
using embedded_server::RefusingPort;
using embedded_server::RequestReader;
using embedded_server::Socket;
using namespace std::chrono_literals;

std::shared_ptr<HttpTransport> make_transport(CurlTransportOptions options = {}) {
    return make_curl_transport(std::move(options),
                               Log([](LogLevel, std::string_view) {}, LogLevel::off));
}

HttpRequest request_to(const std::string& base_url) {
    return {
        .url = base_url + "/v1/chat/completions",
        .headers = {{"Authorization", "Bearer sk-canary"}, {"Content-Type", "application/json"}},
        .body = R"({"model":"m"})",
        .secret = "sk-canary"};
}

/// Keeps what a transfer said, and does what the test wants inside its events.
class Recorder final : public TransferEvents {
public:
    void on_sent(ConnectionUse use) override {
        names.emplace_back("sent");
        connection = use;
        if (inside_sent) inside_sent();
    }
    void on_header_bytes() override {
        if (names.back() != "header") names.emplace_back("header");
        if (inside_header) inside_header();
    }
    Flow on_head(ResponseHead received) override {
        names.emplace_back("head");
        head = std::move(received);
        return inside_head ? inside_head() : Flow::proceed;
    }
    Flow on_body(std::string_view bytes) override {
        if (names.back() != "body") names.emplace_back("body");
        body += bytes;
        return inside_body ? inside_body() : Flow::proceed;
    }
    void on_finished(std::optional<TransferFailure> received) override {
        names.emplace_back("finished");
        failure_ = std::move(received);
        if (inside_finished) inside_finished();
    }

    [[nodiscard]] bool finished() const { return has("finished"); }
    [[nodiscard]] bool succeeded() const { return finished() && !failure_; }
    [[nodiscard]] bool has(std::string_view name) const {
        return std::ranges::find(names, name) != names.end();
    }
    /// Of a transfer that has failed.
    [[nodiscard]] const TransferFailure& failure() const { return failure_.value(); }

    std::vector<std::string> names{};
    ResponseHead head{};
    std::string body{};
    std::optional<ConnectionUse> connection{};
    std::function<void()> inside_sent{};
    std::function<void()> inside_header{};
    std::function<Flow()> inside_head{};
    std::function<Flow()> inside_body{};
    std::function<void()> inside_finished{};

private:
    std::optional<TransferFailure> failure_{};
};

using Names = std::vector<std::string>;

[[nodiscard]] bool run_until(TransferLoop& loop, const std::function<bool()>& done,
                             std::chrono::milliseconds limit = 10s) {
    const TimePoint deadline = Clock::now() + limit;
    while (!done() && Clock::now() < deadline) loop.run_once(deadline);
    return done();
}

/// For what must not come.
void run_for(TransferLoop& loop, std::chrono::milliseconds time) {
    EXPECT_FALSE(run_until(
        loop, [] { return false; }, time));
}

void finish(TransferLoop& loop, const Recorder& events) {
    ASSERT_TRUE(run_until(loop, [&] { return events.finished(); }));
}

/// Makes one request from beginning to end.
Recorder exchange(TransferLoop& loop, const HttpRequest& request) {
    Recorder events;
    loop.start(request, events);
    finish(loop, events);
    return events;
}

Recorder exchange(const HttpRequest& request, CurlTransportOptions options = {}) {
    return exchange(*make_transport(std::move(options))->open_loop(), request);
}

class TransportTest : public testing::Test {
protected:
    /// Starts a request that the server has received and will never answer.
    TransferLoop::TransferId start_unanswered(TransferLoop& loop, Recorder& events) {
        const std::size_t expected = server_.request_count() + 1;
        server_.enqueue(Answer::bytes("").then_stall());
        const auto id = loop.start(request_, events);
        EXPECT_TRUE(run_until(loop, [&] { return events.has("sent"); }));
        EXPECT_TRUE(server_.wait_until([&] { return server_.request_count() == expected; }));
        return id;
    }

    std::shared_ptr<HttpTransport> transport_ = make_transport();
    EmbeddedServer server_{{.handler = [](const auto&) { return Answer::json(200, "{}"); }}};
    std::unique_ptr<TransferLoop> loop_ = transport_->open_loop();
    const HttpRequest request_ = request_to(server_.url());
};

// --- an exchange --------------------------------------------------------------------------------

TEST_F(TransportTest, DeliversTheEventsInOrder) {
    server_.enqueue(Answer::stream({"one", "two"}, {{"X-Request-Id", "r1"}}).pause_between(20ms));
    const Recorder events = exchange(*loop_, request_);

    EXPECT_EQ(events.names, (Names{"sent", "header", "head", "body", "finished"}));
    EXPECT_EQ(events.head.status, 200);
    EXPECT_EQ(*find_header(events.head.headers, "x-request-id"), "r1");
    EXPECT_TRUE(events.head.framed);
    EXPECT_EQ(events.body, "data: one\n\ndata: two\n\n");
    EXPECT_TRUE(events.succeeded());
    EXPECT_EQ(events.connection, ConnectionUse::fresh);
}

TEST_F(TransportTest, SendsWhatTheRequestSaysAndNothingMore) {
    HttpRequest request = request_;
    // Large enough for libcurl's own Expect header (T6).
    request.body = std::string(std::size_t{2} << 20, 'x');
    request.headers.push_back({"X-Empty", ""});
    exchange(*loop_, request);

    const auto received = server_.requests().at(0);
    EXPECT_EQ(received.method, "POST");
    EXPECT_EQ(received.target, "/v1/chat/completions");
    EXPECT_EQ(received.body, request.body);
    EXPECT_EQ(received.header("Authorization"), "Bearer sk-canary");
    EXPECT_EQ(received.header("Content-Type"), "application/json");
    EXPECT_EQ(received.header("Accept-Encoding"), "gzip");
    const auto sent = [&](std::string_view name) {
        return std::ranges::count_if(received.headers, [&](const auto& header) {
            return embedded_server::equal_in_any_case(header.first, name);
        });
    };
    EXPECT_EQ(sent("X-Empty"), 1);
    EXPECT_EQ(sent("Expect"), 0);
}

TEST_F(TransportTest, SendsAGet) {
    HttpRequest request = request_;
    request.method = "GET";
    request.body.clear();
    EXPECT_EQ(exchange(*loop_, request).head.status, 200);
    EXPECT_EQ(server_.requests().at(0).method, "GET");
    EXPECT_EQ(server_.requests().at(0).header("Content-Length"), "");
}

TEST_F(TransportTest, SendsAnEmptyPost) {
    HttpRequest request = request_;
    request.body.clear();
    EXPECT_EQ(exchange(*loop_, request).head.status, 200);
    EXPECT_EQ(server_.requests().at(0).header("Content-Length"), "0");
}

TEST_F(TransportTest, DoesNotFollowRedirects) {  // T6
    server_.enqueue(Answer::status(302, {{"Location", server_.url() + "/elsewhere"}}));
    const Recorder events = exchange(*loop_, request_);
    EXPECT_EQ(events.head.status, 302);
    EXPECT_TRUE(events.succeeded());
    EXPECT_EQ(server_.request_count(), 1U);
}

TEST_F(TransportTest, InformationalAnswersAreFirstBytesButNoHead) {
    server_.enqueue(Answer::bytes("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                                  "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")
                        .pause_at(30, 20ms));
    const Recorder events = exchange(*loop_, request_);
    EXPECT_EQ(events.names, (Names{"sent", "header", "head", "body", "finished"}));
    EXPECT_EQ(events.head.status, 201);
    EXPECT_EQ(events.head.headers.size(), 1U);
}

TEST_F(TransportTest, TrailersMakeNoSecondHead) {
    server_.enqueue(
        Answer::bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "2\r\nok\r\n0\r\nChecksum: 1\r\n\r\n"));
    const Recorder events = exchange(*loop_, request_);
    EXPECT_EQ(events.names, (Names{"sent", "header", "head", "body", "header", "finished"}));
}

TEST_F(TransportTest, AStatusLineAndNothingElseIsAHead) {  // T4
    server_.enqueue(Answer::bytes("HTTP/1.1 200 OK\r\n").then_close());
    const Recorder events = exchange(*loop_, request_);
    EXPECT_EQ(events.names, (Names{"sent", "header", "head", "finished"}));
    EXPECT_EQ(events.head.status, 200);
    EXPECT_FALSE(events.head.framed);
}

TEST_F(TransportTest, ABodyThatEndsWithTheConnectionIsNotFramed) {  // T4
    server_.enqueue(Answer::bytes("HTTP/1.1 200 OK\r\n\r\nhalf").then_close());
    const Recorder events = exchange(*loop_, request_);
    EXPECT_FALSE(events.head.framed);
    EXPECT_EQ(events.body, "half");
    EXPECT_TRUE(events.succeeded());
}

// --- connections --------------------------------------------------------------------------------

TEST_F(TransportTest, ManyRequestsUseOneConnection) {  // T10
    for (int i = 0; i < 20; ++i) {
        const auto loop = transport_->open_loop();  // From the pool, but for the first.
        EXPECT_EQ(exchange(*loop, request_).connection,
                  i > 0 ? ConnectionUse::reused : ConnectionUse::fresh);
    }
    EXPECT_EQ(server_.connection_count(), 1U);
    EXPECT_EQ(server_.request_count(), 20U);
}

TEST_F(TransportTest, AConnectionClosedWhileIdleIsReplacedSilently) {
    exchange(*loop_, request_);
    server_.close_idle_connections();
    const Recorder events = exchange(*loop_, request_);
    EXPECT_TRUE(events.succeeded());
    EXPECT_EQ(events.connection, ConnectionUse::fresh);
    EXPECT_EQ(server_.request_count(), 2U);
}

TEST_F(TransportTest, NeverSendsARequestTwice) {  // T2
    exchange(*loop_, request_);
    server_.enqueue(Answer::bytes("").then_reset());
    const Recorder events = exchange(*loop_, request_);

    EXPECT_EQ(events.names, (Names{"sent", "finished"}));
    EXPECT_EQ(events.failure().fault, TransferFault::interrupted);
    EXPECT_EQ(events.failure().stage, ConnectionStage::send);
    EXPECT_EQ(events.failure().curl_code, CURLE_ABORTED_BY_CALLBACK);
    EXPECT_EQ(events.connection, ConnectionUse::reused);
    EXPECT_EQ(server_.request_count(), 2U);
    EXPECT_TRUE(exchange(*loop_, request_).succeeded());  // The next one starts afresh.
}

TEST(TransportFailureTest, SentOnADyingConnectionIsAmbiguousThoughReconnectingIsRefused) {  // T3
    std::optional<Socket> listener(Socket::listening_on(0, 1));
    const HttpRequest request = request_to(listener->url());
    std::jthread server([&] {
        const Socket connection = listener->accept();
        listener->shutdown(SHUT_RDWR);
        listener.reset();
        RequestReader reader(connection);
        static_cast<void>(reader.read());
        connection.send(Answer::json(200, "{}").wire());
        static_cast<void>(reader.read());
        connection.reset_on_close();
    });
    const auto transport = make_transport();
    const auto loop = transport->open_loop();
    EXPECT_TRUE(exchange(*loop, request).succeeded());
    const Recorder events = exchange(*loop, request);
    EXPECT_EQ(events.failure().curl_code, CURLE_COULDNT_CONNECT);
    EXPECT_EQ(events.failure().fault, TransferFault::interrupted);
    EXPECT_EQ(events.failure().stage, ConnectionStage::send);
}

std::ptrdiff_t open_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST_F(TransportTest, LeaksNoDescriptor) {
    const RefusingPort refusing;
    const auto before = open_descriptors();
    for (int i = 0; i < 5; ++i) {
        const auto transport = make_transport();
        const auto loop = transport->open_loop();
        exchange(*loop, request_);
        exchange(*loop, request_to(refusing.url()));
        Recorder aborted;
        loop->abort(start_unanswered(*loop, aborted));
    }
    // The server's side of a connection ends a little later.
    ASSERT_TRUE(server_.wait_until([&] { return server_.open_connections() == 0; }));
    EXPECT_EQ(open_descriptors(), before);
}

TEST(TransportPoolTest, ALoopKeepsItsTransportAlive) {
    const EmbeddedServer server;
    auto transport = make_transport();
    const auto loop = transport->open_loop();
    transport.reset();
    EXPECT_TRUE(exchange(*loop, request_to(server.url())).succeeded());
}

TEST_F(TransportTest, ALoopGivenBackAbortsItsTransfers) {
    {
        Recorder abandoned;
        start_unanswered(*loop_, abandoned);
        loop_.reset();
    }
    EXPECT_TRUE(server_.wait_until([&] { return server_.open_connections() == 0; }));
    const auto loop = transport_->open_loop();  // The same one.
    EXPECT_TRUE(exchange(*loop, request_).succeeded());
}

TEST_F(TransportTest, EachThreadHasItsOwnLoop) {  // T9
    {
        std::vector<std::jthread> threads;
        threads.reserve(8);
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([this] {
                for (int j = 0; j < 10; ++j) {
                    const auto loop = transport_->open_loop();
                    EXPECT_TRUE(exchange(*loop, request_).succeeded());
                }
            });
        }
    }
    EXPECT_EQ(server_.request_count(), 80U);
    EXPECT_LE(server_.connection_count(), 8U);
}

// --- failures -----------------------------------------------------------------------------------

TEST(TransportFailureTest, ARefusedConnection) {
    const RefusingPort port;
    const Recorder events = exchange(request_to(port.url()));
    EXPECT_EQ(events.names, (Names{"finished"}));
    EXPECT_EQ(events.failure().fault, TransferFault::not_sent);
    EXPECT_EQ(events.failure().stage, ConnectionStage::connect);
    EXPECT_EQ(events.failure().curl_code, CURLE_COULDNT_CONNECT);
    EXPECT_NE(events.failure().message, "");
    EXPECT_EQ(events.connection, std::nullopt);
}

TEST(TransportFailureTest, AnUnknownHost) {
    const Recorder events = exchange(request_to("http://no-such-host.invalid"));
    EXPECT_EQ(events.failure().fault, TransferFault::not_sent);
    EXPECT_EQ(events.failure().stage, ConnectionStage::resolve);
}

TEST(TransportFailureTest, AServerThatSpeaksNoTls) {
    const Socket listener = Socket::listening_on(0, 1);
    std::jthread server([&] {
        const Socket connection = listener.accept();
        static_cast<void>(connection.receive());
        connection.send("HTTP/1.1 400 \r\n\r\n");
    });
    const std::string port = std::to_string(listener.port());
    const Recorder events = exchange(request_to("https://127.0.0.1:" + port));
    EXPECT_EQ(events.names, (Names{"finished"}));
    EXPECT_EQ(events.failure().fault, TransferFault::not_sent);
    EXPECT_EQ(events.failure().stage, ConnectionStage::tls);
}

TEST(TransportFailureTest, ARequestThatCannotBeBegun) {
    HttpRequest request = request_to("http://127.0.0.1:99999");
    request.url += "?key=sk-query";
    const auto loop = make_transport()->open_loop();
    Recorder events;
    loop->start(request, events);
    EXPECT_EQ(events.names, Names{});  // Events come from run_once only.
    finish(*loop, events);
    EXPECT_EQ(events.failure().fault, TransferFault::local);
    EXPECT_EQ(events.failure().message.find("sk-query"), std::string::npos);  // E2
}

TEST(TransportFailureTest, OnlyHttpIsSpoken) {  // T6
    const Recorder events = exchange(request_to("ftp://127.0.0.1:1"));
    EXPECT_EQ(events.failure().fault, TransferFault::local);
    EXPECT_EQ(events.failure().curl_code, CURLE_UNSUPPORTED_PROTOCOL);
}

TEST_F(TransportTest, ACloseWithoutAnAnswer) {
    server_.enqueue(Answer::bytes("").then_close());
    const Recorder events = exchange(*loop_, request_);
    EXPECT_EQ(events.names, (Names{"sent", "finished"}));
    EXPECT_EQ(events.failure().fault, TransferFault::interrupted);
    EXPECT_EQ(events.failure().stage, ConnectionStage::receive);
    EXPECT_EQ(events.failure().curl_code, CURLE_GOT_NOTHING);
}

TEST_F(TransportTest, AResetInTheMiddleOfTheBody) {
    const Answer answer = Answer::json(200, "0123456789");
    const std::size_t size = answer.wire().size();
    server_.enqueue(answer.cut_after(size - 5).pause_at(size - 5, 50ms).then_reset());
    const Recorder events = exchange(*loop_, request_);
    EXPECT_EQ(events.body, "01234");
    EXPECT_EQ(events.failure().fault, TransferFault::interrupted);
    EXPECT_EQ(events.failure().curl_code, CURLE_RECV_ERROR);
}

TEST_F(TransportTest, ABodyShorterThanItsLength) {
    const Answer answer = Answer::json(200, "0123456789");
    server_.enqueue(answer.cut_after(answer.wire().size() - 5));
    EXPECT_EQ(exchange(*loop_, request_).failure().curl_code, CURLE_PARTIAL_FILE);
}

// --- the limit on headers (T8) ------------------------------------------------------------------

std::string header_lines(std::size_t bytes) {
    const std::string line = "X-Padding: " + std::string(100 - 13, 'x') + "\r\n";
    std::string lines;
    while (lines.size() < bytes) lines += line;
    return lines;
}

void expect_too_large(const Recorder& events) {
    EXPECT_EQ(events.names, (Names{"sent", "header", "finished"}));
    EXPECT_EQ(events.failure().fault, TransferFault::too_large);
}

TEST_F(TransportTest, ManyHeaderLinesAreTooLarge) {
    server_.enqueue(Answer::bytes("HTTP/1.1 200 OK\r\n" + header_lines(66'000) + "\r\n"));
    expect_too_large(exchange(*loop_, request_));
}

TEST_F(TransportTest, InformationalHeadersCount) {
    const std::string hints = "HTTP/1.1 103 Early Hints\r\n" + header_lines(30'000) + "\r\n";
    server_.enqueue(Answer::bytes(hints + hints + hints + "HTTP/1.1 200 OK\r\n\r\n"));
    expect_too_large(exchange(*loop_, request_));
}

TEST_F(TransportTest, ALineThatLibcurlCannotHoldIsTooLarge) {
    server_.enqueue(Answer::bytes("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x') + "\r\n"));
    expect_too_large(exchange(*loop_, request_));
}

TEST_F(TransportTest, TrailersCount) {
    server_.enqueue(Answer::bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" +
                                  header_lines(66'000) + "\r\n"));
    EXPECT_EQ(exchange(*loop_, request_).failure().fault, TransferFault::too_large);
}

TEST_F(TransportTest, HeadersWithinTheLimitPass) {
    HttpRequest request = request_;
    const std::string head = "HTTP/1.1 204 \r\nA: b\r\n\r\n";
    request.max_header_bytes = head.size();
    server_.enqueue(Answer::bytes(head));
    EXPECT_TRUE(exchange(*loop_, request).succeeded());
    request.max_header_bytes = head.size() - 1;
    server_.enqueue(Answer::bytes(head));
    EXPECT_EQ(exchange(*loop_, request).failure().fault, TransferFault::too_large);
}

// --- giving up ----------------------------------------------------------------------------------

TEST_F(TransportTest, StopFromTheBodyEndsTheTransferWithoutFinish) {
    server_.enqueue(Answer::stream({"one", "two", "three"}).pause_between(20ms).then_stall());
    Recorder events;
    events.inside_body = [] { return Flow::stop; };
    loop_->start(request_, events);
    ASSERT_TRUE(run_until(*loop_, [&] { return events.has("body"); }));
    run_for(*loop_, 100ms);
    EXPECT_EQ(events.body, "data: one\n\n");
    EXPECT_FALSE(events.finished());
    // The connection was given up.
    EXPECT_TRUE(server_.wait_until([&] { return server_.open_connections() == 0; }));
}

TEST_F(TransportTest, StopFromTheHeadEndsTheTransferWithoutBody) {
    for (const Answer& answer :
         {Answer::json(200, "{}"), Answer::bytes("HTTP/1.1 200 OK\r\n").then_close()}) {
        server_.enqueue(answer);
        Recorder events;
        events.inside_head = [] { return Flow::stop; };
        loop_->start(request_, events);
        ASSERT_TRUE(run_until(*loop_, [&] { return events.has("head"); }));
        run_for(*loop_, 50ms);
        EXPECT_EQ(events.names, (Names{"sent", "header", "head"}));
    }
}

TEST_F(TransportTest, AbortBetweenEventsSilencesATransfer) {
    server_.enqueue(Answer::stream({"one", "two"}).pause_between(20ms));
    Recorder events;
    const auto id = loop_->start(request_, events);
    ASSERT_TRUE(run_until(*loop_, [&] { return events.has("head"); }));
    const Names before = events.names;
    loop_->abort(id);
    loop_->abort(id);  // It is over: ignored.
    run_for(*loop_, 100ms);
    EXPECT_EQ(events.names, before);
}

TEST_F(TransportTest, AbortBeforeTheFirstRun) {
    Recorder events;
    loop_->abort(loop_->start(request_, events));
    run_for(*loop_, 50ms);
    EXPECT_EQ(events.names, Names{});
    EXPECT_EQ(server_.request_count(), 0U);
}

TEST_F(TransportTest, ATransferCanAbortItselfFromAnyEvent) {
    for (const std::string event : {"sent", "header", "head", "body"}) {
        Recorder events;
        const auto id = loop_->start(request_, events);
        const auto abort = [&] {
            loop_->abort(id);
            return Flow::proceed;
        };
        if (event == "sent") events.inside_sent = abort;
        if (event == "header") events.inside_header = abort;
        if (event == "head") events.inside_head = abort;
        if (event == "body") events.inside_body = abort;
        ASSERT_TRUE(run_until(*loop_, [&] { return events.has(event); }));
        run_for(*loop_, 50ms);
        EXPECT_EQ(events.names.back(), event);
    }
    EXPECT_TRUE(exchange(*loop_, request_).succeeded());
}

TEST_F(TransportTest, AnEventCanAbortAnotherTransfer) {
    Recorder other;
    const auto other_id = start_unanswered(*loop_, other);
    Recorder events;
    events.inside_body = [&] {
        loop_->abort(other_id);
        return Flow::proceed;
    };
    loop_->start(request_, events);
    finish(*loop_, events);
    EXPECT_EQ(other.names, (Names{"sent"}));
    EXPECT_TRUE(server_.wait_until([&] { return server_.open_connections() == 1; }));
}

TEST_F(TransportTest, TheEndOfATransferCanAbortAnotherThatEndsAtTheSameTime) {
    const RefusingPort port;
    const HttpRequest request = request_to(port.url());
    Recorder first;
    Recorder second;
    TransferLoop::TransferId first_id{};
    TransferLoop::TransferId second_id{};
    first.inside_finished = [&] { loop_->abort(second_id); };
    second.inside_finished = [&] { loop_->abort(first_id); };
    first_id = loop_->start(request, first);
    second_id = loop_->start(request, second);
    ASSERT_TRUE(run_until(*loop_, [&] { return first.finished() || second.finished(); }));
    run_for(*loop_, 50ms);
    EXPECT_NE(first.finished(), second.finished());
}

TEST_F(TransportTest, EventsCanStartTransfers) {
    Recorder after_end;
    Recorder from_body;
    Recorder events;
    events.inside_body = [&] {
        loop_->start(request_, from_body);
        return Flow::proceed;
    };
    events.inside_finished = [&] { loop_->start(request_, after_end); };
    loop_->start(request_, events);
    ASSERT_TRUE(run_until(*loop_, [&] { return from_body.finished() && after_end.finished(); }));
    EXPECT_TRUE(from_body.succeeded());
    EXPECT_TRUE(after_end.succeeded());
}

TEST_F(TransportTest, TransfersOfOneLoopRunAtTheSameTime) {
    server_.enqueue(Answer::stream({"one", "two"}).pause_between(100ms));
    server_.enqueue(Answer::stream({"one", "two"}).pause_between(100ms));
    Recorder first;
    Recorder second;
    second.inside_head = [&] {
        EXPECT_FALSE(first.finished());
        return Flow::proceed;
    };
    first.inside_head = [&] {
        EXPECT_FALSE(second.finished());
        return Flow::proceed;
    };
    const auto first_id = loop_->start(request_, first);
    EXPECT_NE(loop_->start(request_, second), first_id);
    ASSERT_TRUE(run_until(*loop_, [&] { return first.finished() && second.finished(); }));
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(server_.connection_count(), 2U);
}

TEST_F(TransportTest, WhatAnEventThrowsComesOutOfRunOnce) {  // T7
    Recorder events;
    events.inside_body = []() -> Flow { throw std::bad_alloc(); };
    loop_->start(request_, events);
    EXPECT_THROW(finish(*loop_, events), std::bad_alloc);
    EXPECT_FALSE(events.finished());
    EXPECT_TRUE(exchange(*loop_, request_).succeeded());
}

// --- waiting ------------------------------------------------------------------------------------

/// How long it takes a waiting `run_once` to return after a `wake` 50 ms from now.
std::chrono::milliseconds time_to_wake(TransferLoop& loop) {
    const TimePoint wake_at = Clock::now() + 50ms;
    std::jthread waker([&] {
        std::this_thread::sleep_until(wake_at);
        loop.wake();
    });
    while (Clock::now() < wake_at) loop.run_once(Clock::now() + 5s);
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - wake_at);
}

constexpr auto prompt = 250ms;

TEST_F(TransportTest, WakesWhileNothingIsUnderWay) {  // T1
    EXPECT_LE(time_to_wake(*loop_), prompt);
}

TEST_F(TransportTest, WakesWhileConnecting) {  // T1
    const HangingPort port;
    const HttpRequest request = request_to(port.url());
    Recorder events;
    const auto id = loop_->start(request, events);
    EXPECT_LE(time_to_wake(*loop_), prompt);
    const TimePoint before = Clock::now();
    loop_->abort(id);
    EXPECT_LE(Clock::now() - before, prompt);
    EXPECT_EQ(events.names, Names{});
}

TEST_F(TransportTest, WakesWhileWaitingForAnAnswer) {  // T1
    Recorder events;
    start_unanswered(*loop_, events);
    EXPECT_LE(time_to_wake(*loop_), prompt);
}

TEST_F(TransportTest, AnEarlierWakeIsRemembered) {
    loop_->wake();
    const TimePoint before = Clock::now();
    loop_->run_once(before + 5s);
    EXPECT_LE(Clock::now() - before, prompt);
}

TEST_F(TransportTest, WaitsUntilTheTimeGivenAndNoLonger) {
    const TimePoint until = Clock::now() + 60ms;
    run_for(*loop_, 60ms);
    EXPECT_GE(Clock::now(), until);
    EXPECT_LE(Clock::now(), until + prompt);
    loop_->run_once(TimePoint::min());  // Long past.
    EXPECT_LE(Clock::now(), until + prompt);
}

TEST_F(TransportTest, DoesNotReturnAMomentTooEarly) {
    for (int i = 0; i < 10; ++i) {
        const TimePoint until = Clock::now() + 1'500us;
        loop_->run_once(until);
        EXPECT_GE(Clock::now(), until);
    }
}

TEST_F(TransportTest, WaitsWithoutEnd) {
    std::jthread waker([&] { loop_->wake(); });
    loop_->run_once(TimePoint::max());
}

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
        exchange(*transport->open_loop(), request);
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
    exchange(*transport->open_loop(), request_to("http://api.invalid"));
    EXPECT_TRUE(lines_.contain("http_proxy"));
    EXPECT_TRUE(lines_.contain("> Proxy-Authorization:"));
    EXPECT_FALSE(lines_.contain("canary"));
    EXPECT_FALSE(lines_.contain("dXNlcjpwcm94eS1jYW5hcnk="));  // The same in base64.
}

}  // namespace
}  // namespace cloud_backend
