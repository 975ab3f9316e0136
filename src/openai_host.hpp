#pragma once

#include "core/url.hpp"

#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// The URL is one of OpenAI's own: no key of another service may go there.
[[nodiscard]] inline bool is_openai(std::string_view url) {
    std::string host = host_of(url);
    if (host.ends_with('.')) host.pop_back();  // The root of all names, which it may say.
    return host == "openai.com" || host.ends_with(".openai.com");
}

}  // namespace cloud_backend::detail
