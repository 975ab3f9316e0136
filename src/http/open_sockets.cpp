#include "http/open_sockets.hpp"

// Sockets have no portable face: elsewhere than on POSIX systems libcurl is left to itself.
#if defined(__unix__) || defined(__APPLE__)

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace cloud_backend::detail {

namespace {

int local_port_of(curl_socket_t socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    if (address.ss_family == AF_INET) {
        return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
    }
    if (address.ss_family == AF_INET6) {
        return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
    }
    return 0;
}

/// The other side sends no more. Bytes that wait may be a protocol's own, and say nothing.
bool peer_is_gone(curl_socket_t socket) {
#if defined(POLLRDHUP)
    constexpr short hang_up = POLLRDHUP;
#else
    constexpr short hang_up = 0;
#endif
    pollfd state{.fd = socket, .events = hang_up, .revents = 0};
    return ::poll(&state, 1, 0) > 0 && (state.revents & (hang_up | POLLHUP | POLLERR)) != 0;
}

}  // namespace

void OpenSockets::watch(EasyOptions& easy) {
    easy.set(CURLOPT_OPENSOCKETFUNCTION, &open);
    easy.set(CURLOPT_OPENSOCKETDATA, this);
    easy.set(CURLOPT_CLOSESOCKETFUNCTION, &close);
    easy.set(CURLOPT_CLOSESOCKETDATA, this);
}

bool OpenSockets::is_dead(int local_port) {
    std::erase_if(not_yet_asked_, [this](curl_socket_t socket) {
        const int port = local_port_of(socket);
        if (port == 0) return false;
        local_ports_[socket] = port;
        by_local_port_[port] = socket;
        return true;
    });
    const auto found = by_local_port_.find(local_port);
    return found != by_local_port_.end() && peer_is_gone(found->second);
}

void OpenSockets::forget(curl_socket_t socket) noexcept {
    if (not_yet_asked_.erase(socket) > 0) return;
    const auto port = local_ports_.find(socket);
    if (port == local_ports_.end()) return;
    const auto found = by_local_port_.find(port->second);
    if (found != by_local_port_.end() && found->second == socket) by_local_port_.erase(found);
    local_ports_.erase(port);
}

curl_socket_t OpenSockets::open(void* self, curlsocktype /*purpose*/,
                                curl_sockaddr* address) noexcept {
    const curl_socket_t socket =
        ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    auto& sockets = *static_cast<OpenSockets*>(self);
    if (socket == CURL_SOCKET_BAD) {
        sockets.could_not_open_ |=
            errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        return socket;
    }
    try {
        sockets.not_yet_asked_.insert(socket);
    } catch (...) {  // Out of memory: it works unwatched.
    }
    return socket;
}

int OpenSockets::close(void* self, curl_socket_t socket) noexcept {
    static_cast<OpenSockets*>(self)->forget(socket);
    return ::close(socket);
}

}  // namespace cloud_backend::detail

#else

namespace cloud_backend::detail {

void OpenSockets::watch(EasyOptions& /*easy*/) {}

bool OpenSockets::is_dead(int /*local_port*/) {
    return false;
}

}  // namespace cloud_backend::detail

#endif
