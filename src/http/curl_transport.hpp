#pragma once

#include "http/log.hpp"

#include <cloud_backend/options.hpp>
#include <cloud_backend/transport.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace cloud_backend::detail {

struct CurlTransportOptions {
    TlsOptions tls{};
    std::string proxy{};
    std::size_t max_connections_per_host = 0;  ///< Of a loop for many; zero: any number.
};

/// The libcurl transport (SPEC 2). Loops are pooled: each keeps its connections for the next call.
[[nodiscard]] std::shared_ptr<HttpTransport> make_curl_transport(CurlTransportOptions options,
                                                                 Log log);

}  // namespace cloud_backend::detail
