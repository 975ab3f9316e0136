#pragma once

#include <cloud_backend/headers.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::detail {

/// `text` with every occurrence of `secret` masked (nothing is masked for an empty secret).
[[nodiscard]] std::string mask_secret(std::string text, std::string_view secret);

/// What must not show in any text: `others`, and the values of secret headers, with and without
/// their scheme ("Bearer"). The longer come first, since a secret may be the beginning of another.
[[nodiscard]] std::vector<std::string> secrets_of(const Headers& headers,
                                                  std::vector<std::string> others);

[[nodiscard]] std::string mask_secrets(std::string text, const std::vector<std::string>& secrets);

/// `text` with the user information of the URLs in it masked ("user:password@"), as libcurl quotes
/// that of proxies; a URL may lack its scheme.
[[nodiscard]] std::string mask_user_info(std::string_view text);

/// `text` with control characters escaped and cut to `max_bytes`, never inside a UTF-8 sequence.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes);

/// Headers whose values are never logged: authorization, keys, cookies, proxy credentials (E4).
[[nodiscard]] bool is_secret_header(std::string_view name) noexcept;

/// Whether a header's value is never to be logged: by its name, or because it holds `key`.
[[nodiscard]] bool is_secret(const Header& header, std::string_view key) noexcept;

/// `text` up to the value of the first of the headers `names` that it quotes as "[name: value]",
/// the rest masked: libcurl cuts long messages, and the beginning of a secret cannot be recognised.
[[nodiscard]] std::string mask_quoted_header(std::string_view text,
                                             const std::vector<std::string>& names);

/// One or more header lines ("Name: value CRLF …") with the values of secret headers masked.
[[nodiscard]] std::string mask_header_lines(std::string_view lines);

}  // namespace cloud_backend::detail
