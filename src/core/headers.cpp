#include "core/ascii.hpp"

#include <cloud_backend/headers.hpp>

#include <algorithm>

namespace cloud_backend {

const std::string* find_header(const Headers& headers, std::string_view name) noexcept {
    const auto found = std::ranges::find_if(headers, [&](const Header& header) {
        return detail::equals_ignoring_case(header.name, name);
    });
    return found == headers.end() ? nullptr : &found->value;
}

}  // namespace cloud_backend
