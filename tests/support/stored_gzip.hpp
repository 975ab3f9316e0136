#pragma once

#include <string>
#include <string_view>

namespace cloud_backend::test {

/// `text` as a gzip file (RFC 1952) that is not compressed: enough for who must read the format.
[[nodiscard]] std::string stored_gzip(std::string_view text);

}  // namespace cloud_backend::test
