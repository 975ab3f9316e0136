#pragma once

#include "http/curl_options.hpp"

#include <unordered_map>
#include <unordered_set>

namespace cloud_backend::detail {

/// The sockets of a loop's connections. libcurl looks for dead ones once a second at most, and
/// would put a request on one that died since; this tells before anything is sent (SPEC T2).
class OpenSockets {
public:
    /// The sockets of connections made for `easy` are known here. Must outlive its connections.
    void watch(EasyOptions& easy);

    /// The server has closed or reset the connection with this local port.
    [[nodiscard]] bool is_dead(int local_port);

    /// Descriptors or memory have run out since `forget_failures()`, which is no server's fault.
    [[nodiscard]] bool could_not_open() const noexcept { return could_not_open_; }
    void forget_failures() noexcept { could_not_open_ = false; }

private:
    static curl_socket_t open(void* self, curlsocktype purpose, curl_sockaddr* address) noexcept;
    static int close(void* self, curl_socket_t socket) noexcept;
    void forget(curl_socket_t socket) noexcept;

    std::unordered_map<curl_socket_t, int> local_ports_{};  ///< A reset one would not tell it.
    std::unordered_map<int, curl_socket_t> by_local_port_{};
    std::unordered_set<curl_socket_t> not_yet_asked_{};  ///< For their port.
    bool could_not_open_ = false;
};

}  // namespace cloud_backend::detail
