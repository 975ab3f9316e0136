#pragma once

#include "request_reader.hpp"
#include "socket.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

/// A small HTTP/1.1 server on 127.0.0.1 whose answers are under control down to the byte: how they
/// are cut, when each piece leaves, and how the connection ends. Examples and tests share it.
namespace embedded_server {

/// What happens to the connection once every piece of an answer has been sent.
enum class Ending {
    keep_alive,  ///< wait for the next request
    close,       ///< FIN
    reset,       ///< RST
    stall,       ///< send nothing more until the peer closes
};

/// The script of one answer. A value: every modifier returns a changed copy and applies to the
/// script so far. Cut first, then place the pauses, which cutting drops. Pauses and stalls end
/// early when the peer closes or the server stops.
class Answer {
public:
    struct Piece {
        std::chrono::milliseconds pause_before{0};
        std::string bytes{};
    };

    /// These bytes and nothing else, status line and all.
    [[nodiscard]] static Answer bytes(std::string wire);
    [[nodiscard]] static Answer status(int status, const Headers& headers = {},
                                       std::string_view body = {});
    [[nodiscard]] static Answer json(int status, std::string_view body, Headers headers = {});
    /// A 200 with chunked transfer encoding: the head, each chunk and the last chunk are a piece.
    [[nodiscard]] static Answer chunked(const std::vector<std::string>& chunks,
                                        const Headers& headers = {});
    /// A chunked text/event-stream in which each text becomes one event, "data: TEXT\n\n".
    [[nodiscard]] static Answer stream(const std::vector<std::string>& events,
                                       Headers headers = {});

    /// Each piece is written on its own with TCP_NODELAY. Only a pause between two pieces makes
    /// sure that the peer cannot read them at once.
    [[nodiscard]] Answer split_at(std::size_t offset) const;
    [[nodiscard]] Answer in_pieces_of(std::size_t size) const;

    /// Before the first byte, between all pieces, and before the byte at `offset` (the size of the
    /// whole answer: before its ending).
    [[nodiscard]] Answer delay(std::chrono::milliseconds pause) const;
    [[nodiscard]] Answer pause_between(std::chrono::milliseconds pause) const;
    [[nodiscard]] Answer pause_at(std::size_t offset, std::chrono::milliseconds pause) const;

    /// Only the first `size` bytes, then a close unless another ending is asked for.
    [[nodiscard]] Answer cut_after(std::size_t size) const;

    [[nodiscard]] Answer then_close() const { return ending_with(Ending::close); }
    [[nodiscard]] Answer then_reset() const { return ending_with(Ending::reset); }
    [[nodiscard]] Answer then_stall() const { return ending_with(Ending::stall); }

    [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
    [[nodiscard]] Ending ending() const { return ending_; }
    /// All bytes of the answer, for example to compute an offset.
    [[nodiscard]] std::string wire() const;

private:
    /// The index of the piece that starts at `offset`, after splitting the one that spans it.
    std::size_t piece_starting_at(std::size_t offset);
    [[nodiscard]] Answer ending_with(Ending ending) const;

    std::vector<Piece> pieces_;
    Ending ending_ = Ending::keep_alive;
};

/// Called on the thread of each connection, so by several at once. An exception ends the
/// connection.
using Handler = std::function<Answer(const Request&)>;

struct ServerOptions {
    std::uint16_t port = 0;  ///< 0 takes a free one
    bool accept = true;      ///< false: connecting succeeds, but nothing is ever read or answered
    Handler handler{};       ///< empty: the chat service of chat_answers.hpp
    bool keep_requests = true;  ///< false: they are only counted
};

/// Serves from construction to destruction, which ends whatever is under way and joins. All
/// functions can be called from any thread.
class EmbeddedServer {
public:
    using Options = ServerOptions;

    /// Throws std::system_error if the port cannot be had.
    explicit EmbeddedServer(Options options = {});
    ~EmbeddedServer();
    EmbeddedServer(const EmbeddedServer&) = delete;
    EmbeddedServer& operator=(const EmbeddedServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
    [[nodiscard]] std::string url() const { return listener_.url(); }

    /// Queued answers are given first, one per request; without any the handler is asked.
    void enqueue(Answer answer);

    [[nodiscard]] std::vector<Request> requests() const;
    [[nodiscard]] std::size_t request_count() const;
    [[nodiscard]] std::size_t connection_count() const;  ///< accepted since the start
    [[nodiscard]] std::size_t open_connections() const;

    /// Waits until the predicate holds, asking it again whenever one of the counts above changes.
    [[nodiscard]] bool wait_until(
        const std::function<bool()>& predicate,
        std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;

    /// End every connection that is between two requests or stalled; return once that is done.
    void close_idle_connections() { end_idle_connections(Ending::close); }
    void reset_idle_connections() { end_idle_connections(Ending::reset); }

private:
    enum class Phase { idle, busy, ending, ended };
    struct Connection {
        Connection(std::size_t connection_number, Socket accepted)
            : number(connection_number), socket(std::move(accepted)) {}
        std::size_t number;
        Socket socket;
        Phase phase = Phase::idle;
        std::jthread thread{};
    };

    void accept_connections();
    void serve(Connection& connection);
    void answer_requests(Connection& connection);
    void become_busy(Connection& connection);
    [[nodiscard]] Answer answer_to(const Request& request);
    void perform(const Answer& answer, Connection& connection);
    void become_idle(Connection& connection, Ending ending);
    void end_idle_connections(Ending ending);
    void notify_change();

    const Socket listener_;
    const Handler handler_;
    const bool keep_requests_;
    mutable std::mutex mutex_;
    mutable std::condition_variable change_;
    std::size_t changes_ = 0;
    bool stopping_ = false;
    std::deque<Answer> queue_;
    std::size_t request_count_ = 0;
    std::vector<Request> requests_;
    std::size_t connection_count_ = 0;
    std::list<Connection> connections_;
    std::jthread acceptor_;
};

}  // namespace embedded_server
