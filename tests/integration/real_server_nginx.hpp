#pragma once

#include "../support/temporary_directory.hpp"
#include "real_server_certificates.hpp"
#include "real_server_process.hpp"

#include <socket.hpp>

#include <string>
#include <vector>

namespace cloud_backend::test {

struct NginxOptions {
    std::string upstream{};  ///< URL of the server it stands in front of.
    KeyPair certificate = certificates().valid;
    bool http2 = true;
    std::string http_directives{};    ///< Further ones.
    std::string server_directives{};  ///< Further ones.
};

/// What nginx notes of a request.
struct AccessLogEntry {
    int status = 0;
    std::string protocol{};  ///< "HTTP/2.0"
    int connection = 0;      ///< nginx counts from 1, its own to its upstream too.
    std::string content_encoding{};
};

/// nginx with TLS on 127.0.0.1, in front of another server. It accepts once it is constructed.
class Nginx {
public:
    explicit Nginx(const NginxOptions& options);

    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::string address() const;  ///< HOST:PORT
    /// Ends it once no request is under way, and returns what it was asked, in order.
    [[nodiscard]] std::vector<AccessLogEntry> stop();

private:
    [[nodiscard]] std::vector<std::string> prepare(const NginxOptions& options) const;

    TemporaryDirectory directory_{};
    /// Bound only, so that nobody else takes the port before nginx listens on it.
    embedded_server::RefusingPort port_{};
    ChildProcess process_;
};

}  // namespace cloud_backend::test
