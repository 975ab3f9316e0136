#pragma once

#include "chat/answer_format.hpp"
#include "chat/answer_reader.hpp"
#include "chat/json_document.hpp"

#include <cloud_backend/chat.hpp>
#include <cloud_backend/error.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace cloud_backend::detail {

/// The answers of OpenAI and of those who speak its protocol. No allocation per event that is read
/// into a chunk which has been in use.
class ChunkDecoder final : public AnswerFormat {
public:
    explicit ChunkDecoder(std::size_t max_json_depth);

    void begin() override { reader_ = {}; }
    /// `[DONE]` is the end (SPEC S5), an object with neither choices nor usage no delta.
    [[nodiscard]] Event decode(std::string_view data, ChatChunk& chunk) override;
    void commit() override { reader_.note_delivery(); }

    [[nodiscard]] std::optional<ErrorDetails> find_failure(
        simdjson::dom::element json) const override;
    [[nodiscard]] std::optional<ChatCompletion> read_completion(
        simdjson::dom::element json) const override;

private:
    JsonDocument document_;
    AnswerReader reader_{};
};

}  // namespace cloud_backend::detail
