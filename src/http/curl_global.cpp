#include "http/curl_global.hpp"

#include <cloud_backend/error.hpp>

#include <curl/curl.h>

#include <string>

namespace cloud_backend::detail {

namespace {

constexpr unsigned int oldest_version = 0x075000;  // 7.80: CURLOPT_PREREQFUNCTION

}  // namespace

#if LIBCURL_VERSION_NUM < 0x075000
#error "cloud_backend needs libcurl 7.80 or later"
#endif

void require_curl() {
    // Never cleaned up: another user of libcurl in the process may outlive this library.
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialised != CURLE_OK) {
        throw ConfigError(std::string("libcurl cannot be used: ") +
                          curl_easy_strerror(initialised));
    }
    const auto* found = curl_version_info(CURLVERSION_NOW);
    if (found->version_num < oldest_version) {
        throw ConfigError(std::string("libcurl 7.80 or later is needed, this is ") +
                          found->version);
    }
}

}  // namespace cloud_backend::detail
