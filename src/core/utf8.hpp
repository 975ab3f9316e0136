#pragma once

#include <string>
#include <string_view>

namespace cloud_backend::detail {

[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;
/// Invalid sequences become U+FFFD, one for each maximal ill-formed part (SPEC S4).
[[nodiscard]] std::string repair_utf8(std::string_view text);

}  // namespace cloud_backend::detail
