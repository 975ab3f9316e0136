#pragma once

#include "../support/backend_fixture.hpp"
#include "../support/call_fixture.hpp"
#include "real_server_certificates.hpp"
#include "real_server_nginx.hpp"
#include "real_server_process.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <gtest/gtest.h>

#include <string>

namespace cloud_backend::test {

using embedded_server::Answer;
using embedded_server::EmbeddedServer;
using embedded_server::RefusingPort;

/// Options for a backend that trusts the tests' authority.
inline ClientOptions trusting_options(const std::string& url) {
    ClientOptions options = quick_options(url);
    options.tls.ca_file = certificates().authority.certificate;
    return options;
}

/// nginx in front of the embedded server.
class RealServer : public ::testing::Test {
protected:
    void SetUp() override { require_programs({"nginx", "openssl"}); }

    EmbeddedServer upstream{};
    std::string streamed{};

    ChunkCallback collect() {
        return [this](const ChatChunk& chunk) { streamed += chunk.content(); };
    }
};

}  // namespace cloud_backend::test
