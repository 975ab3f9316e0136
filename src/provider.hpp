#pragma once

#include <cloud_backend/options.hpp>

#include <string_view>
#include <utility>

namespace cloud_backend::detail {

/// The options, with the name of who answers unless they have one.
[[nodiscard]] inline ClientOptions provided_by(std::string_view provider, ClientOptions options) {
    if (options.provider.empty()) options.provider = provider;
    return options;
}

}  // namespace cloud_backend::detail
