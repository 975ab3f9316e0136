#include "transport_fixture.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// The transport: one exchange, and connections over several. SPEC 2.
namespace cloud_backend::test {
namespace {

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
    const auto loop = open_loop_of(*transport);
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
        const auto loop = open_loop_of(*transport);
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
    const auto loop = open_loop_of(*transport);
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
    const auto loop = open_loop_of(*transport_);  // The same one, of the pool.
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

}  // namespace
}  // namespace cloud_backend::test
