#include "transport_fixture.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <thread>

// How transfers fail. SPEC 3, T8.
namespace cloud_backend::test {
namespace {

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
    const auto loop = open_loop_of(*make_transport());
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

}  // namespace
}  // namespace cloud_backend::test
