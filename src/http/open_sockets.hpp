#pragma once

#include "http/curl_options.hpp"

#include <unordered_set>

namespace cloud_backend::detail {

/// The sockets of a loop's connections. libcurl looks for dead ones once a second at most, and
/// would put a request on one that died since; this tells before anything is sent (SPEC T2).
class OpenSockets {
public:
    /// The sockets of connections made for `easy` are known here. Must outlive its connections.
    void watch(EasyOptions& easy);

    /// The server has closed or reset the connection with this local port.
    [[nodiscard]] bool is_dead(int local_port) const;

private:
    static curl_socket_t open(void* self, curlsocktype purpose, curl_sockaddr* address) noexcept;
    static int close(void* self, curl_socket_t socket) noexcept;

    std::unordered_set<curl_socket_t> sockets_{};
};

}  // namespace cloud_backend::detail
