#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Answers as OpenAI's service gives them; what is measured is measured with these.
namespace cloud_backend::benchmarks {

inline constexpr std::size_t event_bytes = 310;          ///< Of one event, with its empty line.
inline constexpr std::string_view event_text = " word";  ///< What one event adds to the answer.
inline constexpr std::string_view last_event = "data: [DONE]\n\n";

/// Stands for the time an event was written, as the end of the answer's id: `stamp_bytes` digits.
inline constexpr std::size_t stamp_bytes = 20;
inline constexpr std::size_t stamp_position = 22;  ///< In an event.
inline constexpr std::string_view no_stamp = "00000000000000000000";

/// The event of a chunk.
[[nodiscard]] std::string typical_event(std::string_view stamp = no_stamp);
/// As many events, without the last.
[[nodiscard]] std::string typical_stream(std::size_t chunks);
/// A whole answer of that many bytes, nearly all of them content.
[[nodiscard]] std::string typical_document(std::size_t bytes);

}  // namespace cloud_backend::benchmarks
