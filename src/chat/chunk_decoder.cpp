#include "chat/chunk_decoder.hpp"

#include <utility>

namespace cloud_backend::detail {

ChunkDecoder::ChunkDecoder(std::size_t max_json_depth) : document_(max_json_depth) {}

ChunkDecoder::Result ChunkDecoder::decode(std::string_view data) {
    const auto parsed = document_.parse_padded(data);
    if (const auto* fault = std::get_if<JsonFault>(&parsed)) {
        if (*fault == JsonFault::malformed) return MalformedChunk{};
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the JSON of an event is nested too deeply"};
    }
    const auto json = std::get<simdjson::dom::element>(parsed);
    simdjson::dom::object object;
    const bool is_object = json.get(object) == simdjson::SUCCESS;
    const auto traits = is_object ? reader_.read(object, chunk_) : AnswerTraits{};
    if (!traits.has_choices || traits.has_error) {
        if (auto failure = find_failure(json)) return std::move(*failure);
    }
    if (!is_object || traits.has_impossible_choices) return MalformedChunk{};
    if (!traits.has_choices && !chunk_.usage) return NoDelta{};
    chunk_.raw.assign_trusted(document_.source());
    return &chunk_;
}

}  // namespace cloud_backend::detail
