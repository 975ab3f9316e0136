#pragma once

#include <curl/curl.h>

#include <memory>
#include <new>

namespace cloud_backend::detail {

struct EasyDeleter {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
    void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};
struct HeaderListDeleter {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;
using MultiHandle = std::unique_ptr<CURLM, MultiDeleter>;
using HeaderList = std::unique_ptr<curl_slist, HeaderListDeleter>;

[[nodiscard]] inline EasyHandle make_easy_handle() {
    EasyHandle handle(curl_easy_init());
    if (handle == nullptr) throw std::bad_alloc();
    return handle;
}

[[nodiscard]] inline MultiHandle make_multi_handle() {
    MultiHandle handle(curl_multi_init());
    if (handle == nullptr) throw std::bad_alloc();
    return handle;
}

}  // namespace cloud_backend::detail
