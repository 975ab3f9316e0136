#include "embedded_server.hpp"

#include "chat_answers.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <latch>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using embedded_server::Request;
using nlohmann::json;
using namespace std::chrono_literals;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A client that shows what the bare socket shows.
class Client {
public:
    explicit Client(std::uint16_t port, int flags = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM | flags, 0)) {
        const timeval limit{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        const sockaddr_in address = loopback(port);
        const auto* generic = reinterpret_cast<const sockaddr*>(&address);
        connect_errno_ = ::connect(fd_, generic, sizeof address) == 0 ? 0 : errno;
    }
    ~Client() { ::close(fd_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] int connect_errno() const { return connect_errno_; }

    /// False when the connection attempt has neither succeeded nor failed by then.
    [[nodiscard]] bool connect_ends_within(std::chrono::milliseconds limit) const {
        pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
        return ::poll(&writable, 1, static_cast<int>(limit.count())) > 0;
    }

    void send(std::string_view bytes) const {
        ASSERT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    void get(const std::string& target = "/") const {
        send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    void post(const std::string& body, const std::string& target = "/v1/chat/completions") const {
        send("POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
             std::to_string(body.size()) + "\r\n\r\n" + body);
    }

    /// Up to `size` bytes: fewer only if the connection ended first.
    [[nodiscard]] std::string read(std::size_t size) {
        std::string all;
        while (all.size() < size) {
            char bytes[4096];
            const ssize_t n = ::recv(fd_, bytes, std::min(sizeof bytes, size - all.size()), 0);
            read_errno_ = n < 0 ? errno : 0;
            if (n <= 0) break;
            all.append(bytes, static_cast<std::size_t>(n));
        }
        return all;
    }
    [[nodiscard]] std::string read_to_end() {
        return read(std::numeric_limits<std::size_t>::max());
    }
    [[nodiscard]] std::string read_through(const std::string& last_bytes) {
        std::string all;
        while (!all.ends_with(last_bytes)) {
            const std::string byte = read(1);
            if (byte.empty()) break;
            all += byte;
        }
        return all;
    }
    /// Of the last read: 0 after an orderly end.
    [[nodiscard]] int read_errno() const { return read_errno_; }

private:
    int fd_;
    int connect_errno_ = 0;
    int read_errno_ = 0;
};

EmbeddedServer::Options answering(Answer answer) {
    return {.handler = [answer = std::move(answer)](const Request&) { return answer; }};
}

std::vector<std::string> piece_texts(const Answer& answer) {
    std::vector<std::string> texts;
    for (const auto& piece : answer.pieces()) texts.push_back(piece.bytes);
    return texts;
}

using Texts = std::vector<std::string>;

TEST(AnswerTest, StatusCountsItsBody) {
    EXPECT_EQ(Answer::status(503, {{"Retry-After", "1"}}, "later").wire(),
              "HTTP/1.1 503 \r\nRetry-After: 1\r\nContent-Length: 5\r\n\r\nlater");
}

TEST(AnswerTest, JsonHasItsContentType) {
    EXPECT_EQ(Answer::json(200, "{}").wire(),
              "HTTP/1.1 200 \r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(AnswerTest, StreamIsAHeadAChunkPerEventAndALastChunk) {
    const std::string long_event(20, 'x');
    const Texts expected{
        "HTTP/1.1 200 \r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        "9\r\ndata: 1\n\n\r\n", "1c\r\ndata: " + long_event + "\n\n\r\n", "0\r\n\r\n"};
    EXPECT_EQ(piece_texts(Answer::stream({"1", long_event})), expected);
}

TEST(AnswerTest, CutsAtAnyOffset) {
    const Answer answer = Answer::bytes("abcdef");
    EXPECT_EQ(piece_texts(answer.split_at(2)), (Texts{"ab", "cdef"}));
    EXPECT_EQ(piece_texts(answer.split_at(2).split_at(5)), (Texts{"ab", "cde", "f"}));
    EXPECT_EQ(piece_texts(answer.split_at(2).split_at(2)), (Texts{"ab", "cdef"}));
    EXPECT_EQ(piece_texts(answer.split_at(0)), (Texts{"abcdef"}));
    EXPECT_EQ(piece_texts(answer.split_at(1).in_pieces_of(4)), (Texts{"abcd", "ef"}));
    EXPECT_EQ(piece_texts(answer.in_pieces_of(2).cut_after(3)), (Texts{"ab", "c"}));
    EXPECT_EQ(answer.cut_after(0).wire(), "");
    EXPECT_EQ(answer.cut_after(99).wire(), "abcdef");
}

TEST(AnswerTest, PausesStandWhereTheyWerePut) {
    const auto pauses = [](const Answer& answer) {
        std::vector<std::chrono::milliseconds> all;
        for (const auto& piece : answer.pieces()) all.push_back(piece.pause_before);
        return all;
    };
    using Pauses = std::vector<std::chrono::milliseconds>;
    const Answer answer = Answer::bytes("abcdef");
    EXPECT_EQ(pauses(answer.delay(7ms)), (Pauses{7ms}));
    EXPECT_EQ(pauses(answer.in_pieces_of(2).pause_between(3ms)), (Pauses{0ms, 3ms, 3ms}));
    EXPECT_EQ(pauses(answer.pause_at(2, 5ms)), (Pauses{0ms, 5ms}));
    EXPECT_EQ(pauses(answer.pause_at(6, 5ms)), (Pauses{0ms, 5ms}));
}

TEST(EmbeddedServerTest, SendsExactlyTheScriptedBytes) {
    const std::string wire("no HTTP at all\0\xff\r", 17);
    EmbeddedServer server(answering(Answer::bytes(wire).in_pieces_of(1).then_close()));
    Client client(server.port());
    client.get();
    EXPECT_EQ(client.read_to_end(), wire);
    EXPECT_EQ(client.read_errno(), 0);
}

TEST(EmbeddedServerTest, PausesBeforeTheHead) {
    EmbeddedServer server(answering(Answer::json(200, "{}").delay(30ms)));
    Client client(server.port());
    const auto start = std::chrono::steady_clock::now();
    client.get();
    EXPECT_TRUE(client.read_through("{}").ends_with("{}"));
    EXPECT_GE(std::chrono::steady_clock::now() - start, 30ms);
}

TEST(EmbeddedServerTest, APauseHoldsBackTheRestAndEndsWithTheServer) {
    std::optional<EmbeddedServer> server;
    server.emplace(answering(Answer::bytes("firstsecond").pause_at(5, 1h)));
    Client client(server->port());
    client.get();
    EXPECT_EQ(client.read(5), "first");
    server.reset();
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(client.read_errno(), 0);
}

TEST(EmbeddedServerTest, APauseEndsWhenThePeerCloses) {
    EmbeddedServer server(answering(Answer::json(200, "{}").delay(1h)));
    {
        const Client client(server.port());
        client.get();
        ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 1; }));
        EXPECT_EQ(server.open_connections(), 1u);
    }
    EXPECT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }));
}

TEST(EmbeddedServerTest, ACutAnswerEndsAsAsked) {
    EmbeddedServer server;
    const Answer whole = Answer::json(200, R"({"a":1})");
    const std::string begin = whole.wire().substr(0, 20);

    server.enqueue(whole.cut_after(20));
    Client closed(server.port());
    closed.get();
    EXPECT_EQ(closed.read_to_end(), begin);
    EXPECT_EQ(closed.read_errno(), 0);

    server.enqueue(whole.cut_after(20).then_reset());
    Client reset(server.port());
    reset.get();
    EXPECT_EQ(reset.read_to_end(), begin);
    EXPECT_EQ(reset.read_errno(), ECONNRESET);
}

TEST(EmbeddedServerTest, AStalledAnswerCanBeResetOnDemand) {
    EmbeddedServer server(answering(Answer::bytes("begun").then_stall()));
    Client client(server.port());
    client.get();
    EXPECT_EQ(client.read(5), "begun");
    server.reset_idle_connections();
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(client.read_errno(), ECONNRESET);
}

TEST(EmbeddedServerTest, KeepsConnectionsAliveAndCounts) {
    EmbeddedServer server(answering(Answer::json(200, "{}")));
    Client first(server.port());
    for (int i = 0; i < 3; ++i) {
        first.get();
        EXPECT_TRUE(first.read_through("{}").ends_with("{}"));
    }
    Client second(server.port());
    second.get();
    EXPECT_TRUE(second.read_through("{}").ends_with("{}"));

    EXPECT_EQ(server.connection_count(), 2u);
    EXPECT_EQ(server.open_connections(), 2u);
    const std::vector<Request> requests = server.requests();
    ASSERT_EQ(requests.size(), 4u);
    EXPECT_EQ(requests[2].connection, 1u);
    EXPECT_EQ(requests[3].connection, 2u);
}

TEST(EmbeddedServerTest, ClosesWhenTheClientAsksForIt) {
    EmbeddedServer server(answering(Answer::json(200, "{}")));
    Client client(server.port());
    client.send("GET / HTTP/1.1\r\nconnection: Close\r\n\r\n");
    EXPECT_TRUE(client.read_to_end().ends_with("{}"));
    EXPECT_EQ(client.read_errno(), 0);
}

TEST(EmbeddedServerTest, RecordsRequestsWithTheirWholeBody) {
    EmbeddedServer server(answering(Answer::json(200, "{}")));
    Client client(server.port());
    client.send("POST /a?b=c HTTP/1.1\r\nX-One:  two words\r\nContent-Length: 5\r\n\r\nhel");
    EXPECT_EQ(server.request_count(), 0u);
    client.send("lo");
    EXPECT_TRUE(client.read_through("{}").ends_with("{}"));
    client.send("PUT /up HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
    EXPECT_TRUE(client.read_through("{}").ends_with("{}"));

    const std::vector<Request> requests = server.requests();
    ASSERT_EQ(requests.size(), 2u);
    EXPECT_EQ(requests[0].method, "POST");
    EXPECT_EQ(requests[0].target, "/a?b=c");
    EXPECT_EQ(requests[0].header("x-one"), "two words");
    EXPECT_EQ(requests[0].header("missing"), "");
    EXPECT_EQ(requests[0].body, "hello");
    EXPECT_EQ(requests[1].method, "PUT");
    EXPECT_EQ(requests[1].body, "abc0123456789");
}

TEST(EmbeddedServerTest, EndsAConnectionThatSendsNoRequest) {
    EmbeddedServer server;
    for (const char* nonsense :
         {"hello\r\n\r\n", "\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
        Client client(server.port());
        client.send(nonsense);
        EXPECT_EQ(client.read_to_end(), "");
    }
    EXPECT_EQ(server.request_count(), 0u);
}

TEST(EmbeddedServerTest, QueuedAnswersComeBeforeTheHandlers) {
    EmbeddedServer server(answering(Answer::bytes("handler")));
    server.enqueue(Answer::bytes("queued1"));
    server.enqueue(Answer::bytes("queued2"));
    Client client(server.port());
    for (const char* expected : {"queued1", "queued2", "handler", "handler"}) {
        client.get();
        EXPECT_EQ(client.read(7), expected);
    }
}

TEST(EmbeddedServerTest, EndsIdleConnectionsOnDemand) {
    EmbeddedServer server(answering(Answer::json(200, "{}")));
    Client first(server.port());
    first.get();
    EXPECT_TRUE(first.read_through("{}").ends_with("{}"));
    server.close_idle_connections();
    EXPECT_EQ(server.open_connections(), 0u);
    EXPECT_EQ(first.read_to_end(), "");
    EXPECT_EQ(first.read_errno(), 0);

    Client second(server.port());
    second.get();
    EXPECT_TRUE(second.read_through("{}").ends_with("{}"));
    server.reset_idle_connections();
    EXPECT_EQ(server.open_connections(), 0u);
    EXPECT_EQ(second.read_to_end(), "");
    EXPECT_EQ(second.read_errno(), ECONNRESET);
}

TEST(EmbeddedServerTest, LeavesBusyConnectionsAloneWhenEndingIdleOnes) {
    EmbeddedServer server(answering(Answer::bytes("done").delay(1h)));
    const Client client(server.port());
    client.get();
    ASSERT_TRUE(server.wait_until([&] { return server.request_count() == 1; }));
    server.close_idle_connections();
    EXPECT_EQ(server.open_connections(), 1u);
}

TEST(EmbeddedServerTest, ServesManyConnectionsAtOnce) {
    constexpr int clients = 20;
    std::latch all_arrived(clients);
    EmbeddedServer server({.handler = [&](const Request&) {
        all_arrived.arrive_and_wait();
        return Answer::bytes("done");
    }});
    std::list<Client> connected;
    for (int i = 0; i < clients; ++i) connected.emplace_back(server.port()).get();
    for (Client& client : connected) EXPECT_EQ(client.read(4), "done");
}

TEST(EmbeddedServerTest, StopsAtOnceWhateverIsUnderWay) {
    std::optional<EmbeddedServer> server;
    server.emplace();
    const std::string too_much_to_buffer(32u << 20, 'x');
    for (const Answer& answer : {Answer::bytes("").then_stall(), Answer::bytes("").delay(1h),
                                 Answer::bytes(too_much_to_buffer)}) {
        server->enqueue(answer);
    }
    const Client idle(server->port());
    std::list<Client> clients;
    for (int i = 0; i < 3; ++i) clients.emplace_back(server->port()).get();
    clients.emplace_back(server->port()).send("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf");
    ASSERT_TRUE(server->wait_until(
        [&] { return server->request_count() == 3 && server->connection_count() == 5; }));
    const auto start = std::chrono::steady_clock::now();
    server.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
}

TEST(EmbeddedServerTest, WaitingGivesUpAtItsTimeout) {
    const EmbeddedServer server;
    EXPECT_FALSE(server.wait_until([&] { return server.request_count() == 1; }, 1ms));
}

TEST(EmbeddedServerTest, CanListenWithoutAccepting) {
    const EmbeddedServer server({.accept = false});
    const Client client(server.port());
    EXPECT_EQ(client.connect_errno(), 0);
    client.get();
    EXPECT_EQ(server.connection_count(), 0u);
}

TEST(EmbeddedServerTest, TakesThePortItIsGiven) {
    const EmbeddedServer server;
    EXPECT_EQ(server.url(), "http://127.0.0.1:" + std::to_string(server.port()));
    EXPECT_THROW(EmbeddedServer({.port = server.port()}), std::system_error);
}

TEST(PortTest, ARefusingPortRefuses) {
    const embedded_server::RefusingPort port;
    EXPECT_EQ(Client(port.port()).connect_errno(), ECONNREFUSED);
}

TEST(PortTest, AHangingPortNeitherAcceptsNorRefuses) {
    const embedded_server::HangingPort port;
    const Client client(port.port(), SOCK_NONBLOCK);
    EXPECT_EQ(client.connect_errno(), EINPROGRESS);
    EXPECT_FALSE(client.connect_ends_within(50ms));
}

/// The body of a plain answer; the connection stays open.
json read_json(Client& client) {
    const std::string head = client.read_through("\r\n\r\n");
    const std::string name = "Content-Length: ";
    return json::parse(client.read(std::stoul(head.substr(head.find(name) + name.size()))));
}

/// The data of each event of a streamed answer, in which each event is a chunk of its own.
std::vector<std::string> read_events(Client& client) {
    const std::string all = client.read_through("\r\n0\r\n\r\n");
    std::vector<std::string> events;
    for (std::size_t at = all.find("data: "); at != std::string::npos;
         at = all.find("data: ", at)) {
        at += 6;
        events.push_back(all.substr(at, all.find("\n\n", at) - at));
    }
    return events;
}

TEST(ChatServiceTest, AnswersPlain) {
    EmbeddedServer server;
    Client client(server.port());
    client.post(R"({"model":"m","messages":[{"role":"user","content":"ping"}]})");
    const json completion = read_json(client);
    EXPECT_EQ(completion.at("object"), "chat.completion");
    EXPECT_EQ(completion.at("model"), "m");
    EXPECT_EQ(completion.at("choices").at(0).at("message").at("content"), "pong");
    EXPECT_EQ(completion.at("choices").at(0).at("finish_reason"), "stop");
    EXPECT_EQ(completion.at("usage").at("total_tokens"), 2);
}

TEST(ChatServiceTest, AnswersStreamed) {
    EmbeddedServer server;
    Client client(server.port());
    client.post(R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[)"
                R"({"role":"user","content":[{"type":"text","text":"good day"}]}]})");
    std::vector<std::string> events = read_events(client);
    ASSERT_GE(events.size(), 6u);
    EXPECT_EQ(events.back(), "[DONE]");
    events.pop_back();

    const json usage = json::parse(events.back());
    EXPECT_TRUE(usage.at("choices").empty());
    EXPECT_EQ(usage.at("usage").at("prompt_tokens"), 2);
    events.pop_back();

    const auto choice = [](const std::string& event) {
        return json::parse(event).at("choices")[0];
    };
    EXPECT_EQ(choice(events.front()).at("delta").at("role"), "assistant");
    EXPECT_EQ(choice(events.back()).at("finish_reason"), "stop");
    std::string text;
    for (const std::string& event : events) text += choice(event).at("delta").value("content", "");
    EXPECT_EQ(text, embedded_server::reply_to("good day"));
}

TEST(ChatServiceTest, SendsNoUsageUnlessAsked) {
    EmbeddedServer server;
    Client client(server.port());
    client.post(R"({"model":"m","stream":true,"messages":[{"role":"user","content":"ping"}]})");
    const std::vector<std::string> events = read_events(client);
    ASSERT_EQ(events.size(), 4u);
    for (const std::string& event : events) EXPECT_EQ(event.find("usage"), std::string::npos);
}

TEST(ChatServiceTest, AnswersWhatItCannotServeWithAnError) {
    EmbeddedServer server;
    Client client(server.port());
    const auto error_type = [&] { return read_json(client).at("error").at("type"); };

    client.get("/v1/nothing");
    EXPECT_EQ(client.read(13), "HTTP/1.1 404 ");
    EXPECT_EQ(error_type(), "invalid_request_error");
    for (const char* body :
         {"not JSON", "[]", "{}", R"({"model":"m","messages":[1]})", R"({"messages":[]})",
          R"({"model":"m","messages":[{"content":"ping"}]})"}) {
        client.post(body);
        EXPECT_EQ(client.read(13), "HTTP/1.1 400 ") << body;
        EXPECT_EQ(error_type(), "invalid_request_error");
    }
}

TEST(ChatServiceTest, CanFailTheFirstRequest) {
    EmbeddedServer server({.handler = embedded_server::chat_service({.first_status = 503})});
    Client client(server.port());
    const std::string ping = R"({"model":"m","messages":[{"role":"user","content":"ping"}]})";
    client.post(ping);
    EXPECT_EQ(client.read(13), "HTTP/1.1 503 ");
    EXPECT_EQ(read_json(client).at("error").at("type"), "server_error");
    client.post(ping);
    EXPECT_EQ(client.read(13), "HTTP/1.1 200 ");
}

TEST(ChatServiceTest, SpacesTheTokensOfAStream) {
    EmbeddedServer server({.handler = embedded_server::chat_service({.token_delay = 5ms})});
    Client client(server.port());
    const auto start = std::chrono::steady_clock::now();
    client.post(R"({"model":"m","stream":true,"messages":[{"role":"user","content":"ping"}]})");
    const std::size_t pauses = read_events(client).size();
    EXPECT_GE(std::chrono::steady_clock::now() - start, pauses * 5ms);
}

}  // namespace
