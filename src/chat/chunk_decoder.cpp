#include "chat/chunk_decoder.hpp"

#include "chat/completion_json.hpp"
#include "core/ascii.hpp"

#include <utility>
#include <variant>

namespace cloud_backend::detail {

ChunkDecoder::ChunkDecoder(std::size_t max_json_depth) : document_(max_json_depth) {}

ChunkDecoder::Event ChunkDecoder::decode(std::string_view data, ChatChunk& chunk) {
    if (trim(data) == "[DONE]") return Complete{};  // S5
    const auto parsed = document_.parse_padded(data);
    if (const auto* fault = std::get_if<JsonFault>(&parsed)) return event_of(*fault);
    const auto json = std::get<simdjson::dom::element>(parsed);
    simdjson::dom::object object;
    const bool is_object = json.get(object) == simdjson::SUCCESS;
    const auto traits = is_object ? reader_.read(object, chunk) : AnswerTraits{};
    if (!traits.has_choices || traits.has_error) {
        if (auto failure = find_failure(json)) return std::move(*failure);
    }
    if (!is_object || traits.has_impossible_choices) return MalformedChunk{};
    if (!traits.has_choices && !chunk.usage) return NoDelta{};
    chunk.raw.assign_trusted(document_.source());
    return &chunk;
}

std::optional<ErrorDetails> ChunkDecoder::find_failure(simdjson::dom::element json) const {
    return detail::find_failure(json);
}

std::optional<ChatCompletion> ChunkDecoder::read_completion(simdjson::dom::element json) const {
    return detail::read_completion(json);
}

}  // namespace cloud_backend::detail
