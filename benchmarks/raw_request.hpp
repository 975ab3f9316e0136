#pragma once

#include "http/curl_handle.hpp"

#include <curl/curl.h>

#include <string>

namespace cloud_backend::benchmarks {

/// A POST request as libcurl makes it, to be made as often as wanted.
class RawRequest {
public:
    static constexpr long default_buffer = CURL_MAX_WRITE_SIZE;

    /// `write` is given each answer's body, and `user`. Throws `std::runtime_error`.
    RawRequest(const std::string& url, curl_write_callback write, void* user,
               long buffer_bytes = default_buffer);

    [[nodiscard]] CURL* easy() const noexcept { return easy_.get(); }

private:
    detail::HeaderList headers_{};
    detail::EasyHandle easy_ = detail::make_easy_handle();
};

/// Makes the request on one thread that waits for it. Throws `std::runtime_error` if that fails.
void perform(CURLM* multi, const RawRequest& request);

}  // namespace cloud_backend::benchmarks
