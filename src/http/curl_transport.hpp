#pragma once

#include "http/log.hpp"

#include <cloud_backend/options.hpp>
#include <cloud_backend/transport.hpp>

#include <memory>
#include <string>

namespace cloud_backend::detail {

struct CurlTransportOptions {
    TlsOptions tls{};
    std::string proxy{};
};

/// The libcurl transport (SPEC 2). Loops are pooled: each keeps its connections for the next call.
[[nodiscard]] std::shared_ptr<HttpTransport> make_curl_transport(CurlTransportOptions options,
                                                                 Log log);

}  // namespace cloud_backend::detail
