#pragma once

#include "core/ascii.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// The title of an HTML page, which is where a proxy says what went wrong; empty if there is none.
[[nodiscard]] inline std::string_view html_title(std::string_view page) {
    constexpr std::size_t searched = std::size_t{64} << 10;
    const std::string lower = to_lower(page.substr(0, searched));
    const auto tag = lower.find("<title");
    const auto begin = tag == std::string::npos ? tag : lower.find('>', tag);
    if (begin == std::string::npos) return {};
    const auto end = std::min(lower.find("</title", begin), lower.size());
    return trim(page.substr(begin + 1, end - begin - 1));
}

}  // namespace cloud_backend::detail
