#include "http/open_sockets.hpp"

// Sockets have no portable face: elsewhere than on POSIX systems libcurl is left to itself.
#if defined(__unix__) || defined(__APPLE__)

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

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

bool OpenSockets::is_dead(int local_port) const {
    const auto found = std::ranges::find(sockets_, local_port, local_port_of);
    return found != sockets_.end() && peer_is_gone(*found);
}

curl_socket_t OpenSockets::open(void* self, curlsocktype /*purpose*/,
                                curl_sockaddr* address) noexcept {
    const curl_socket_t socket =
        ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket == CURL_SOCKET_BAD) return socket;
    try {
        static_cast<OpenSockets*>(self)->sockets_.insert(socket);
    } catch (...) {  // Out of memory: it works unwatched.
    }
    return socket;
}

int OpenSockets::close(void* self, curl_socket_t socket) noexcept {
    static_cast<OpenSockets*>(self)->sockets_.erase(socket);
    return ::close(socket);
}

}  // namespace cloud_backend::detail

#else

namespace cloud_backend::detail {

void OpenSockets::watch(EasyOptions& /*easy*/) {}

bool OpenSockets::is_dead(int /*local_port*/) const {
    return false;
}

}  // namespace cloud_backend::detail

#endif
