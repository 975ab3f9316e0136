#pragma once

#include "../support/faulty_server.hpp"

#include <memory>

namespace cloud_backend::test {

/// HTTP/2 with TLS, by node and with the certificates of openssl. See require_programs().
[[nodiscard]] std::unique_ptr<FaultyServer> start_faulty_http2_server(Fault fault);

}  // namespace cloud_backend::test
