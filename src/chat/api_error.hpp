#pragma once

#include <cloud_backend/error.hpp>
#include <cloud_backend/headers.hpp>

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// How much is kept of the body of an error (SPEC 8).
inline constexpr std::size_t error_body_limit = std::size_t{64} << 10;

/// The error an answer with a status >= 300 tells (SPEC 8, E1, R3): `code` (the error type),
/// message and `api` are set; `body` is what was read of the answer's body, of which
/// `error_body_limit` bytes are kept.
[[nodiscard]] ErrorDetails read_api_error(int status, Headers headers, std::string body);

/// The error a JSON value of a 200 answer holds (`ErrorCode::stream`, SPEC E1, E3); empty when it
/// holds none (`error: null`, `error: {}`). `api.status` is the status the error names: its numeric
/// code 400-599, else by its code or type (rate limit 429, invalid request 400, …), else 0.
[[nodiscard]] std::optional<ErrorDetails> find_error(simdjson::dom::element json);

/// The server says the account is out of money or over its limit (SPEC R3).
[[nodiscard]] bool is_quota_error(const ErrorDetails& error) noexcept;

}  // namespace cloud_backend::detail
