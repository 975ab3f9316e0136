#pragma once

#include <string>
#include <string_view>

namespace cloud_backend::detail {

/// Makes acceptable what strict parsers reject and servers send (SPEC S4): invalid UTF-8 becomes
/// U+FFFD, and so does the escape of a lone surrogate; an integer beyond 64 bits becomes a double
/// (`.0` is appended), a number no double can hold becomes null. Whatever else is wrong stays.
[[nodiscard]] std::string repair_json(std::string_view text);

}  // namespace cloud_backend::detail
