#pragma once

#include "http/curl_options.hpp"
#include "http/log.hpp"

#include <cloud_backend/transport.hpp>

#include <curl/curl.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::detail {

/// Writes what libcurl says of one transfer, and the header lines, to the log: masked, and never a
/// body (SPEC E4). `log` must outlive it.
class CurlTrace {
public:
    CurlTrace(const Log& log, const HttpRequest& request);
    CurlTrace(const CurlTrace&) = delete;
    CurlTrace& operator=(const CurlTrace&) = delete;

    /// Makes the handle report here for as long as this lives.
    void attach(EasyOptions& easy);

private:
    static int on_debug(CURL* handle, curl_infotype type, char* data, std::size_t size,
                        void* self) noexcept;

    void take(curl_infotype type, std::string_view text);
    void take_sent_headers(std::string_view piece);
    void write(std::string_view prefix, std::string_view line) const;

    const Log& log_;
    /// Masked by value, because libcurl words its messages as it likes.
    std::vector<std::string> secrets_;
    std::vector<std::string> secret_headers_;  ///< Their names.
    std::string sent_headers_{};
};

}  // namespace cloud_backend::detail
