#pragma once

#include <string_view>

namespace cloud_backend::detail {

/// The answer met a limit of tokens. "model_length" is Mistral's word for that of the context.
[[nodiscard]] inline bool was_cut(std::string_view finish_reason) {
    return finish_reason == "length" || finish_reason == "model_length";
}

[[nodiscard]] inline bool was_filtered(std::string_view finish_reason) {
    return finish_reason == "content_filter";
}

/// Whatever the answer was about to say is missing: the arguments of its calls may end anywhere.
[[nodiscard]] inline bool ended_early(std::string_view finish_reason) {
    return was_cut(finish_reason) || was_filtered(finish_reason);
}

}  // namespace cloud_backend::detail
