#pragma once

#include <cloud_backend/export.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend {

/// One HTTP header field.
struct Header {
    std::string name{};
    std::string value{};

    friend bool operator==(const Header&, const Header&) = default;
};

/// HTTP header fields in the order they are sent or were received.
using Headers = std::vector<Header>;

/// The value of the first header called `name` (ASCII case ignored), or null.
/// The pointer lives as long as `headers` is left unchanged. Thread-safe on a shared const object.
CLOUD_BACKEND_EXPORT const std::string* find_header(const Headers& headers,
                                                    std::string_view name) noexcept;

}  // namespace cloud_backend
