#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// `text` with every occurrence of `secret` masked (nothing is masked for an empty secret).
[[nodiscard]] std::string mask_secret(std::string text, std::string_view secret);

/// `text` with control characters escaped and cut to `max_bytes`, never inside a UTF-8 sequence.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes);

/// Headers whose values are never logged: authorization, keys, cookies, proxy credentials (E4).
[[nodiscard]] bool is_secret_header(std::string_view name) noexcept;

/// One or more header lines ("Name: value CRLF …") with the values of secret headers masked.
[[nodiscard]] std::string mask_header_lines(std::string_view lines);

}  // namespace cloud_backend::detail
