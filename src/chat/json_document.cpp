#include "chat/json_document.hpp"

#include "chat/json_repair.hpp"

#include <cloud_backend/sse_parser.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace cloud_backend::detail {

static_assert(SseParser::padding >= simdjson::SIMDJSON_PADDING);

namespace {

/// Newer versions of simdjson have an error of its own for integers beyond 64 bits.
template <class ErrorCode>
bool is_big_integer(ErrorCode error) {
    if constexpr (requires { ErrorCode::BIGINT_ERROR; }) {
        return error == ErrorCode::BIGINT_ERROR;
    } else {
        return false;
    }
}

bool may_be_repaired(simdjson::error_code error) {
    return error == simdjson::UTF8_ERROR || error == simdjson::STRING_ERROR ||
           error == simdjson::NUMBER_ERROR || is_big_integer(error);
}

}  // namespace

JsonDocument::JsonDocument(std::size_t max_depth) : max_depth_(max_depth) {}

JsonParse JsonDocument::parse_padded(std::string_view text) {
    source_ = text;
    simdjson::dom::element root;
    auto error = parse_strictly(source_, root);
    if (may_be_repaired(error)) {  // S4
        source_ = keep(repair_json(source_));
        error = parse_strictly(source_, root);
    }
    if (error == simdjson::SUCCESS) return root;
    return error == simdjson::DEPTH_ERROR ? JsonFault::too_deep : JsonFault::malformed;
}

JsonParse JsonDocument::parse(std::string_view text) {
    return parse_padded(keep(std::string(text)));
}

simdjson::error_code JsonDocument::parse_strictly(std::string_view padded,
                                                  simdjson::dom::element& root) {
    auto error = grow(padded.size());
    if (error == simdjson::SUCCESS) {
        error = parser_.parse(padded.data(), padded.size(), false).get(root);
    }
    if (error == simdjson::MEMALLOC) throw std::bad_alloc();
    return error;
}

/// simdjson would grow by itself, but to the byte and, at first, with a depth of its own.
simdjson::error_code JsonDocument::grow(std::size_t size) {
    constexpr std::size_t smallest = 1024;
    const auto capacity = parser_.capacity();
    if (size <= capacity && capacity > 0) return simdjson::SUCCESS;
    const auto grown = std::max({size, capacity + capacity / 2, smallest});
    const auto error = parser_.doc.allocate(grown);
    // simdjson refuses to enter the level that its limit names.
    return error == simdjson::SUCCESS ? parser_.allocate(grown, max_depth_ + 1) : error;
}

std::string_view JsonDocument::keep(std::string text) {
    const auto size = text.size();
    copy_ = std::move(text);
    copy_.append(SseParser::padding, ' ');
    return std::string_view(copy_).substr(0, size);
}

}  // namespace cloud_backend::detail
