#include "http/curl_error.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cloud_backend::detail {
namespace {

using enum TransferFault;
using Stage = ConnectionStage;

struct Meaning {
    int code;
    bool sent;
    TransferFault fault;
    ConnectionStage stage;
};

/// SPEC 3, "class of transport failure".
const std::vector<Meaning> meanings{
    {CURLE_COULDNT_RESOLVE_PROXY, false, not_sent, Stage::resolve},
    {CURLE_COULDNT_RESOLVE_HOST, false, not_sent, Stage::resolve},
    {CURLE_COULDNT_CONNECT, false, not_sent, Stage::connect},
    {CURLE_SSL_CONNECT_ERROR, false, not_sent, Stage::tls},
    {CURLE_QUIC_CONNECT_ERROR, false, not_sent, Stage::connect},
    {CURLE_PROXY, false, not_sent, Stage::connect},
    {CURLE_OPERATION_TIMEDOUT, false, not_sent, Stage::connect},
    // A proxy refuses the tunnel, or the connection breaks in the middle of TLS.
    {CURLE_RECV_ERROR, false, not_sent, Stage::connect},
    {CURLE_SEND_ERROR, false, not_sent, Stage::connect},

    {CURLE_OPERATION_TIMEDOUT, true, interrupted, Stage::receive},
    {CURLE_SEND_ERROR, true, interrupted, Stage::send},
    {CURLE_GOT_NOTHING, true, interrupted, Stage::receive},
    {CURLE_RECV_ERROR, true, interrupted, Stage::receive},
    {CURLE_PARTIAL_FILE, true, interrupted, Stage::receive},
    {CURLE_HTTP2, true, interrupted, Stage::receive},
    {CURLE_HTTP2_STREAM, true, interrupted, Stage::receive},
    {95 /* CURLE_HTTP3 */, true, interrupted, Stage::receive},
    // The reused connection died after sending, and libcurl could not make another (T2).
    {CURLE_COULDNT_RESOLVE_PROXY, true, interrupted, Stage::send},
    {CURLE_COULDNT_RESOLVE_HOST, true, interrupted, Stage::send},
    {CURLE_COULDNT_CONNECT, true, interrupted, Stage::send},
    {CURLE_SSL_CONNECT_ERROR, true, interrupted, Stage::send},
    {CURLE_QUIC_CONNECT_ERROR, true, interrupted, Stage::send},
    {CURLE_PROXY, true, interrupted, Stage::send},

    {CURLE_PEER_FAILED_VERIFICATION, false, distrusted, Stage::tls},
    {CURLE_SSL_CACERT_BADFILE, false, distrusted, Stage::tls},
    {CURLE_SSL_ISSUER_ERROR, false, distrusted, Stage::tls},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, false, distrusted, Stage::tls},
    {CURLE_SSL_INVALIDCERTSTATUS, false, distrusted, Stage::tls},
    {CURLE_PEER_FAILED_VERIFICATION, true, distrusted, Stage::tls},

    // The client's own certificate, key or cipher list.
    {CURLE_SSL_ENGINE_NOTFOUND, false, local, Stage::connect},
    {CURLE_SSL_ENGINE_SETFAILED, false, local, Stage::connect},
    {CURLE_SSL_CERTPROBLEM, false, local, Stage::connect},
    {CURLE_SSL_CIPHER, false, local, Stage::connect},
    {CURLE_SSL_ENGINE_INITFAILED, false, local, Stage::connect},
    {CURLE_UNSUPPORTED_PROTOCOL, false, local, Stage::connect},
    {CURLE_FAILED_INIT, false, local, Stage::connect},
    {CURLE_URL_MALFORMAT, false, local, Stage::connect},
    {CURLE_NOT_BUILT_IN, false, local, Stage::connect},
    {CURLE_WEIRD_SERVER_REPLY, true, local, Stage::receive},
    {CURLE_WRITE_ERROR, true, local, Stage::receive},
    {CURLE_READ_ERROR, true, local, Stage::receive},
    {CURLE_OUT_OF_MEMORY, true, local, Stage::receive},
    {CURLE_ABORTED_BY_CALLBACK, true, local, Stage::receive},
    {CURLE_BAD_FUNCTION_ARGUMENT, false, local, Stage::connect},
    {CURLE_UNKNOWN_OPTION, false, local, Stage::connect},
    {CURLE_BAD_CONTENT_ENCODING, true, local, Stage::receive},
    {CURLE_FILESIZE_EXCEEDED, true, local, Stage::receive},
    {100 /* CURLE_TOO_LARGE */, true, local, Stage::receive},
};

TEST(CurlErrorTest, EachCodeHasItsFaultAndStage) {
    for (const auto& [code, sent, fault, stage] : meanings) {
        const auto failure = describe_failure(static_cast<CURLcode>(code), sent, "");
        EXPECT_EQ(failure.fault, fault) << "code " << code << ", sent " << sent;
        EXPECT_EQ(failure.stage, stage) << "code " << code << ", sent " << sent;
        EXPECT_EQ(failure.curl_code, code);
    }
}

TEST(CurlErrorTest, NothingIsAmbiguousBeforeSending) {  // T3
    for (int code = CURLE_OK + 1; code < CURL_LAST; ++code) {
        const auto failure = describe_failure(static_cast<CURLcode>(code), false, "");
        EXPECT_NE(failure.fault, interrupted) << "code " << code;
        EXPECT_NE(failure.stage, Stage::send) << "code " << code;
        EXPECT_NE(failure.stage, Stage::receive) << "code " << code;
    }
}

TEST(CurlErrorTest, NothingIsUnsentAfterSending) {  // T3
    for (int code = CURLE_OK + 1; code < CURL_LAST; ++code) {
        EXPECT_NE(describe_failure(static_cast<CURLcode>(code), true, "").fault, not_sent)
            << "code " << code;
    }
}

TEST(CurlErrorTest, PrefersTheTextForThisFailure) {
    EXPECT_EQ(describe_failure(CURLE_COULDNT_CONNECT, false, "Connection refused").message,
              "Connection refused");
    EXPECT_EQ(describe_failure(CURLE_COULDNT_CONNECT, false, "").message,
              curl_easy_strerror(CURLE_COULDNT_CONNECT));
}

}  // namespace
}  // namespace cloud_backend::detail
