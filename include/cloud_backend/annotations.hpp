#pragma once

#include <cloud_backend/export.hpp>
#include <cloud_backend/raw_json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace cloud_backend {

/// A page of the web that a part of the text rests on.
struct UrlCitation {
    std::string url{};
    std::string title{};
    std::int64_t start_index = 0;  ///< In characters of the text, as the server counts them.
    std::int64_t end_index = 0;
};

/// The citations among `Message::annotations` or `Delta::annotations`; empty when there are none.
/// Never throws but std::bad_alloc (SPEC C2).
[[nodiscard]] CLOUD_BACKEND_EXPORT std::vector<UrlCitation> url_citations(
    const RawJson& annotations);

}  // namespace cloud_backend
