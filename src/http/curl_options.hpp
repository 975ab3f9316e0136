#pragma once

#include "http/curl_handle.hpp"
#include "http/curl_transport.hpp"

#include <cloud_backend/transport.hpp>

#include <type_traits>

namespace cloud_backend::detail {

/// Sets options of an easy handle up to the first that is refused.
class EasyOptions {
public:
    explicit EasyOptions(CURL* handle) : handle_(handle) {}

    template <class Value>
    void set(CURLoption option, Value value) {
        static_assert(!std::is_same_v<Value, int> && !std::is_same_v<Value, bool>,
                      "libcurl reads numbers as long");
        if (result_ == CURLE_OK) result_ = curl_easy_setopt(handle_, option, value);
    }

    [[nodiscard]] CURLcode result() const noexcept { return result_; }

private:
    CURL* handle_;
    CURLcode result_ = CURLE_OK;
};

[[nodiscard]] HeaderList make_header_list(const Headers& headers);

/// Everything but the callbacks (SPEC T6), in two parts. What all requests of a transport have in
/// common is set once: it costs as much as a short request, and libcurl takes a size of its buffer
/// only before the first of them.
void set_common_options(EasyOptions& easy, const CurlTransportOptions& transport);
/// The handle refers to `request` and `headers` from then on.
void set_request_options(EasyOptions& easy, const HttpRequest& request, curl_slist* headers,
                         const CurlTransportOptions& transport);
/// The handle refers to no request any more.
void forget_request(EasyOptions& easy);

}  // namespace cloud_backend::detail
