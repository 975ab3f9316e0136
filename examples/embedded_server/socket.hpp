#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace embedded_server {

/// The peer has gone, or this side was shut down.
struct Disconnected : std::runtime_error {
    Disconnected() : std::runtime_error("the connection has ended") {}
};

/// A TCP socket on 127.0.0.1.
class Socket {
public:
    Socket() : Socket(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {}
    explicit Socket(int fd) : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    ~Socket() { close(); }

    static Socket bound_to(std::uint16_t port) {
        Socket socket;
        const sockaddr_in address = loopback(port);
        socket.set_option(SOL_SOCKET, SO_REUSEADDR, 1);
        checked(::bind(socket.fd_, generic(&address), sizeof address), "bind");
        return socket;
    }

    static Socket listening_on(std::uint16_t port, int backlog) {
        Socket socket = bound_to(port);
        checked(::listen(socket.fd_, backlog), "listen");
        return socket;
    }

    static Socket connected_to(std::uint16_t port) {
        Socket socket;
        const sockaddr_in address = loopback(port);
        checked(::connect(socket.fd_, generic(&address), sizeof address), "connect");
        return socket;
    }

    [[nodiscard]] Socket accept() const {
        Socket socket(checked(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC), "accept"));
        socket.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
        return socket;
    }

    [[nodiscard]] int fd() const noexcept { return fd_; }

    [[nodiscard]] std::uint16_t port() const {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        checked(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
        return ntohs(address.sin_port);
    }

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }

    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0) throw Disconnected();
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    [[nodiscard]] std::string receive() const {
        std::array<char, 16384> bytes{};
        const ssize_t received = ::recv(fd_, bytes.data(), bytes.size(), 0);
        if (received <= 0) throw Disconnected();
        return {bytes.data(), static_cast<std::size_t>(received)};
    }

    /// A negative pause has no end.
    void wait_unless_disconnected(std::chrono::milliseconds pause) const {
        pollfd hang_up{.fd = fd_, .events = POLLRDHUP, .revents = 0};
        if (::poll(&hang_up, 1, static_cast<int>(pause.count())) > 0) throw Disconnected();
    }

    /// Interrupts whoever is blocked on this socket. SHUT_RD lets nothing be seen on the wire.
    void shutdown(int how) const { ::shutdown(fd_, how); }

    /// Makes the coming close() send RST in place of FIN.
    void reset_on_close() const {
        set_option(SOL_SOCKET, SO_LINGER, linger{.l_onoff = 1, .l_linger = 0});
    }

    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

private:
    static int checked(int result, const char* what) {
        if (result < 0) throw std::system_error(errno, std::generic_category(), what);
        return result;
    }

    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

    static const sockaddr* generic(const sockaddr_in* address) {
        return reinterpret_cast<const sockaddr*>(address);
    }

    template <class Value>
    void set_option(int level, int name, const Value& value) const {
        checked(::setsockopt(fd_, level, name, &value, sizeof value), "setsockopt");
    }

    int fd_;
};

/// A port that refuses every connection, and that nobody else can take, for as long as this lives.
class RefusingPort {
public:
    [[nodiscard]] std::uint16_t port() const { return bound_.port(); }
    [[nodiscard]] std::string url() const { return bound_.url(); }

private:
    Socket bound_ = Socket::bound_to(0);
};

/// A port where connecting neither succeeds nor fails: its queue of connections is full.
class HangingPort {
public:
    [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
    [[nodiscard]] std::string url() const { return listener_.url(); }

private:
    Socket listener_ = Socket::listening_on(0, 0);
    Socket queued_ = Socket::connected_to(port());
};

}  // namespace embedded_server
