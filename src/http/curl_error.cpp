#include "http/curl_error.hpp"

#include "core/redact.hpp"

#include <string>

namespace cloud_backend::detail {

namespace {

TransferFault fault_of(CURLcode code, bool sent) {
    if (code == CURLE_UNSUPPORTED_PROTOCOL) {
        // After sending it means that what came back is no HTTP, which is the server's failure.
        return sent ? TransferFault::interrupted : TransferFault::local;
    }
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        case CURLE_SSL_INVALIDCERTSTATUS:
            return TransferFault::distrusted;
        case CURLE_FAILED_INIT:
        case CURLE_URL_MALFORMAT:
        case CURLE_NOT_BUILT_IN:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_WRITE_ERROR:
        case CURLE_READ_ERROR:
        case CURLE_OUT_OF_MEMORY:
        case CURLE_ABORTED_BY_CALLBACK:
        case CURLE_BAD_FUNCTION_ARGUMENT:
        case CURLE_UNKNOWN_OPTION:
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_SSL_ENGINE_NOTFOUND:
        case CURLE_SSL_ENGINE_SETFAILED:
        case CURLE_SSL_ENGINE_INITFAILED:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_FILESIZE_EXCEEDED:
        case too_large_code:
            return TransferFault::local;
        default:
            // Whatever the code: after a reused connection died, libcurl connects anew, and fails
            // with the codes of connecting although the request may have reached the server.
            return sent ? TransferFault::interrupted : TransferFault::not_sent;
    }
}

ConnectionStage stage_before_sending(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_RESOLVE_HOST:
            return ConnectionStage::resolve;
        case CURLE_SSL_CONNECT_ERROR:
            return ConnectionStage::tls;
        default:
            return ConnectionStage::connect;
    }
}

ConnectionStage stage_after_sending(CURLcode code) {
    switch (code) {
        case CURLE_SEND_ERROR:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_QUIC_CONNECT_ERROR:
        case CURLE_PROXY:
            return ConnectionStage::send;
        default:
            return ConnectionStage::receive;
    }
}

ConnectionStage stage_of(CURLcode code, TransferFault fault, bool sent) {
    if (fault == TransferFault::distrusted) return ConnectionStage::tls;
    return sent ? stage_after_sending(code) : stage_before_sending(code);
}

}  // namespace

TransferFailure describe_failure(CURLcode code, bool sent, std::string_view detail) {
    const TransferFault fault = fault_of(code, sent);
    return {.fault = fault,
            .stage = stage_of(code, fault, sent),
            .curl_code = static_cast<int>(code),
            .message = mask_user_info(detail.empty() ? curl_easy_strerror(code) : detail)};
}

}  // namespace cloud_backend::detail
