#pragma once

#include <cloud_backend/clock.hpp>

#include <curl/curl.h>

#include <memory>

namespace cloud_backend::detail {

/// A `curl_multi` and how it waits (SPEC T1). Used by one thread at a time.
class CurlMulti {
public:
    virtual ~CurlMulti() = default;

    [[nodiscard]] virtual CURLM* handle() const noexcept = 0;
    /// Waits until `until` at most, for something to do or `wake()`, and lets libcurl do it.
    [[nodiscard]] virtual CURLMcode run(TimePoint until) = 0;
    /// Ends a wait, or the next one. From any thread.
    virtual void wake() noexcept = 0;
};

/// With `curl_multi_poll`: the least effort for a few transfers.
[[nodiscard]] std::unique_ptr<CurlMulti> make_polled_multi();

/// With `curl_multi_socket_action` over epoll: for thousands. Elsewhere than on Linux, polled.
[[nodiscard]] std::unique_ptr<CurlMulti> make_multi_for_many();

}  // namespace cloud_backend::detail
