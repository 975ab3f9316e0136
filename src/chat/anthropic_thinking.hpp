#pragma once

#include <string_view>

namespace cloud_backend::detail {

/// The field of `Message::extra` and `Delta::extra` that holds the thinking blocks of an Anthropic
/// answer, signatures and all: a list, as it must be sent back to them, and to nobody else.
inline constexpr std::string_view anthropic_thinking = "anthropic_thinking";

}  // namespace cloud_backend::detail
