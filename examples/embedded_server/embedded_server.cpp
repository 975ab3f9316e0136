#include "embedded_server.hpp"

#include "chat_answers.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <exception>
#include <numeric>
#include <system_error>

namespace embedded_server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds forever{-1};

std::string to_hex(std::size_t size) {
    std::array<char, 2 * sizeof size> digits{};
    const auto [end, error] = std::to_chars(digits.begin(), digits.end(), size, 16);
    return {digits.begin(), end};
}

std::string head(int status, const Headers& headers) {
    // The reason phrase may be empty (RFC 9112, 4).
    std::string text = "HTTP/1.1 " + std::to_string(status) + " \r\n";
    for (const auto& [name, value] : headers) {
        text.append(name).append(": ").append(value).append("\r\n");
    }
    return text + "\r\n";
}

/// They would interrupt what waits for the network. Threads of connections inherit that.
void leave_signals_to_others() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGHUP, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH}) {
        sigaddset(&signals, signal);
    }
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

Answer Answer::bytes(std::string wire) {
    Answer answer;
    answer.pieces_.push_back({.bytes = std::move(wire)});
    return answer;
}

Answer Answer::status(int status, const Headers& headers, std::string_view body) {
    Headers all = headers;
    all.emplace_back("Content-Length", std::to_string(body.size()));
    return bytes(head(status, all).append(body));
}

Answer Answer::json(int status, std::string_view body, Headers headers) {
    headers.emplace_back("Content-Type", "application/json");
    return Answer::status(status, headers, body);
}

Answer Answer::chunked(const std::vector<std::string>& chunks, const Headers& headers) {
    Headers all = headers;
    all.emplace_back("Transfer-Encoding", "chunked");
    Answer answer = bytes(head(200, all));
    for (const std::string& chunk : chunks) {
        answer.pieces_.push_back({.bytes = to_hex(chunk.size()) + "\r\n" + chunk + "\r\n"});
    }
    answer.pieces_.push_back({.bytes = "0\r\n\r\n"});
    return answer;
}

Answer Answer::stream(const std::vector<std::string>& events, Headers headers) {
    headers.emplace_back("Content-Type", "text/event-stream");
    std::vector<std::string> chunks;
    chunks.reserve(events.size());
    for (const std::string& event : events) chunks.push_back("data: " + event + "\n\n");
    return chunked(chunks, headers);
}

Answer Answer::split_at(std::size_t offset) const {
    Answer answer = *this;
    answer.piece_starting_at(offset);
    return answer;
}

Answer Answer::in_pieces_of(std::size_t size) const {
    const std::string all = wire();
    Answer answer;
    answer.ending_ = ending_;
    for (std::size_t offset = 0; offset < all.size(); offset += size) {
        answer.pieces_.push_back({.bytes = all.substr(offset, size)});
    }
    return answer;
}

Answer Answer::delay(milliseconds pause) const {
    return pause_at(0, pause);
}

Answer Answer::pause_between(milliseconds pause) const {
    Answer answer = *this;
    for (std::size_t i = 1; i < answer.pieces_.size(); ++i) answer.pieces_[i].pause_before = pause;
    return answer;
}

Answer Answer::pause_at(std::size_t offset, milliseconds pause) const {
    Answer answer = *this;
    const std::size_t index = answer.piece_starting_at(offset);
    answer.pieces_[index].pause_before = pause;
    return answer;
}

Answer Answer::cut_after(std::size_t size) const {
    Answer answer = *this;
    answer.pieces_.resize(answer.piece_starting_at(size));
    return answer.then_close();
}

std::string Answer::wire() const {
    const auto append = [](std::string all, const Piece& piece) {
        return std::move(all) + piece.bytes;
    };
    return std::accumulate(pieces_.begin(), pieces_.end(), std::string(), append);
}

std::size_t Answer::piece_starting_at(std::size_t offset) {
    std::size_t index = 0;
    while (index < pieces_.size() && offset >= pieces_[index].bytes.size() && offset > 0) {
        offset -= pieces_[index++].bytes.size();
    }
    const auto next = pieces_.begin() + static_cast<std::ptrdiff_t>(index);
    if (next == pieces_.end()) {
        pieces_.emplace_back();
    } else if (offset > 0) {
        Piece rest{.bytes = next->bytes.substr(offset)};
        next->bytes.resize(offset);
        pieces_.insert(next + 1, std::move(rest));
        ++index;
    }
    return index;
}

Answer Answer::ending_with(Ending ending) const {
    Answer answer = *this;
    answer.ending_ = ending;
    return answer;
}

EmbeddedServer::EmbeddedServer(Options options)
    : listener_(Socket::listening_on(options.port, SOMAXCONN)),
      handler_(options.handler ? std::move(options.handler) : chat_service()),
      keep_requests_(options.keep_requests) {
    if (options.accept) acceptor_ = std::jthread([this] { accept_connections(); });
}

EmbeddedServer::~EmbeddedServer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        listener_.shutdown(SHUT_RDWR);  // wakes accept()
        for (const Connection& connection : connections_) connection.socket.shutdown(SHUT_RDWR);
    }
    if (acceptor_.joinable()) acceptor_.join();
}

void EmbeddedServer::enqueue(Answer answer) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(answer));
}

std::vector<Request> EmbeddedServer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::size_t EmbeddedServer::request_count() const {
    const std::lock_guard lock(mutex_);
    return request_count_;
}

std::size_t EmbeddedServer::connection_count() const {
    const std::lock_guard lock(mutex_);
    return connection_count_;
}

std::size_t EmbeddedServer::open_connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size() - static_cast<std::size_t>(std::ranges::count(
                                     connections_, Phase::ended, &Connection::phase));
}

bool EmbeddedServer::wait_until(const std::function<bool()>& predicate,
                                milliseconds timeout) const {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::unique_lock lock(mutex_);
    for (;;) {
        const std::size_t seen = changes_;
        lock.unlock();  // the predicate calls the functions above
        if (predicate()) return true;
        lock.lock();
        if (!change_.wait_until(lock, deadline, [&] { return changes_ != seen; })) return false;
    }
}

void EmbeddedServer::end_idle_connections(Ending ending) {
    std::unique_lock lock(mutex_);
    for (Connection& connection : connections_) {
        if (connection.phase != Phase::idle) continue;
        if (ending == Ending::reset) connection.socket.reset_on_close();
        connection.socket.shutdown(SHUT_RD);
        connection.phase = Phase::ending;
    }
    change_.wait(lock, [this] {
        return std::ranges::count(connections_, Phase::ending, &Connection::phase) == 0;
    });
}

void EmbeddedServer::accept_connections() {
    leave_signals_to_others();
    try {
        for (;;) {
            Socket accepted = listener_.accept();
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            std::erase_if(connections_, [](const auto& c) { return c.phase == Phase::ended; });
            Connection& added = connections_.emplace_back(++connection_count_, std::move(accepted));
            added.thread = std::jthread([this, &added] { serve(added); });
            notify_change();
        }
    } catch (const std::system_error&) {  // shut down by the destructor, or out of file descriptors
    }
}

void EmbeddedServer::serve(Connection& connection) {
    try {
        answer_requests(connection);
    } catch (const std::exception&) {  // gone, broken or interrupted: all end the connection
    }
    const std::lock_guard lock(mutex_);
    connection.socket.close();
    connection.phase = Phase::ended;
    notify_change();
}

void EmbeddedServer::answer_requests(Connection& connection) {
    RequestReader reader(connection.socket);
    bool keep_alive = true;
    while (keep_alive) {
        reader.await_first_byte();
        become_busy(connection);
        Request request = reader.read();
        request.connection = connection.number;
        perform(answer_to(request), connection);
        keep_alive = !equal_in_any_case(request.header("Connection"), "close");
    }
}

Answer EmbeddedServer::answer_to(const Request& request) {
    {
        const std::lock_guard lock(mutex_);
        ++request_count_;
        if (keep_requests_) requests_.push_back(request);
        notify_change();
        if (!queue_.empty()) {
            Answer next = std::move(queue_.front());
            queue_.pop_front();
            return next;
        }
    }
    return handler_(request);
}

void EmbeddedServer::perform(const Answer& answer, Connection& connection) {
    const auto& pieces = answer.pieces();
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].pause_before > milliseconds::zero()) {
            connection.socket.wait_unless_disconnected(pieces[i].pause_before);
        }
        // Before the last byte leaves: a peer that has it may already ask for idle connections to
        // be ended.
        if (i + 1 == pieces.size()) become_idle(connection, answer.ending());
        connection.socket.send(pieces[i].bytes);
    }
    if (answer.ending() == Ending::keep_alive) return;
    if (answer.ending() == Ending::stall) connection.socket.wait_unless_disconnected(forever);
    if (answer.ending() == Ending::reset) connection.socket.reset_on_close();
    throw Disconnected();
}

void EmbeddedServer::become_busy(Connection& connection) {
    const std::lock_guard lock(mutex_);
    if (connection.phase == Phase::ending) throw Disconnected();
    connection.phase = Phase::busy;
}

void EmbeddedServer::become_idle(Connection& connection, Ending ending) {
    if (ending != Ending::keep_alive && ending != Ending::stall) return;
    const std::lock_guard lock(mutex_);
    connection.phase = Phase::idle;
}

void EmbeddedServer::notify_change() {
    ++changes_;
    change_.notify_all();
}

}  // namespace embedded_server
