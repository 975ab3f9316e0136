#pragma once

#include <cloud_backend/transport.hpp>

#include <curl/curl.h>

#include <string_view>

namespace cloud_backend::detail {

/// CURLE_TOO_LARGE, which only libcurl 8.6 and later declares.
inline constexpr auto too_large_code = static_cast<CURLcode>(100);

/// What libcurl's `code` means (SPEC 3). `sent`: the request was under way before; a CURLcode alone
/// does not tell (SPEC T3). `detail` is libcurl's own text for this failure, or empty.
[[nodiscard]] TransferFailure describe_failure(CURLcode code, bool sent, std::string_view detail);

}  // namespace cloud_backend::detail
