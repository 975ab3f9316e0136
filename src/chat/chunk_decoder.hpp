#pragma once

#include "chat/answer_reader.hpp"
#include "chat/json_document.hpp"

#include <cloud_backend/chat.hpp>
#include <cloud_backend/error.hpp>

#include <cstddef>
#include <string_view>
#include <variant>

namespace cloud_backend::detail {

/// The data is no chunk: not JSON, not an object, or choices that cannot be (SPEC E5, A11).
struct MalformedChunk {};

/// An object with neither choices nor usage, such as a ping: it says nothing of the answer.
struct NoDelta {};

/// Reads the JSON of stream events into one chunk that it reuses: no allocation per chunk in steady
/// state. The chunk lives until the next `decode`.
class ChunkDecoder {
public:
    using Result = std::variant<const ChatChunk*, NoDelta, MalformedChunk, ErrorDetails>;

    explicit ChunkDecoder(std::size_t max_json_depth);

    /// `data` must have `SseParser::padding` readable bytes behind it. An error object comes back
    /// as the error (E1, S7), JSON nested too deeply as `ErrorCode::limit_exceeded` (T8).
    [[nodiscard]] Result decode(std::string_view data);
    /// The chunk decoded last is delivered, which some that follow are read by (SPEC C4).
    void note_delivery() noexcept { reader_.note_delivery(); }

private:
    JsonDocument document_;
    AnswerReader reader_{};
    ChatChunk chunk_{};
};

}  // namespace cloud_backend::detail
