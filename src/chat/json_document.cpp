#include "chat/json_document.hpp"

#include "chat/json_repair.hpp"
#include "core/per_thread.hpp"

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

/// simdjson would grow by itself, but to the byte, with a depth of its own, and never shrink (S3).
simdjson::error_code fit(simdjson::dom::parser& parser, std::size_t size, std::size_t max_depth) {
    constexpr std::size_t smallest = 1024;
    constexpr std::size_t large = std::size_t{16} << 10;
    // simdjson refuses to enter the level that its limit names.
    const std::size_t depth = max_depth + 1;
    const std::size_t capacity = parser.capacity();
    const bool is_far_too_large = capacity > large && size < capacity / 8;
    const bool fits = size <= capacity && capacity > 0 && !is_far_too_large;
    if (fits && depth == parser.max_depth()) return simdjson::SUCCESS;
    std::size_t fitting = std::max(size, smallest);
    if (fits) fitting = capacity;
    if (!fits && !is_far_too_large) fitting = std::max(fitting, capacity + capacity / 2);
    const auto error = parser.doc.allocate(fitting);
    return error == simdjson::SUCCESS ? parser.allocate(fitting, depth) : error;
}

simdjson::error_code parse_strictly(simdjson::dom::parser& parser, std::string_view padded,
                                    std::size_t max_depth, simdjson::dom::element& root) {
    auto error = fit(parser, padded.size(), max_depth);
    if (error == simdjson::SUCCESS) {
        error = parser.parse(padded.data(), padded.size(), false).get(root);
    }
    if (error == simdjson::MEMALLOC) throw std::bad_alloc();
    return error;
}

}  // namespace

JsonDocument::JsonDocument(std::size_t max_depth) : max_depth_(max_depth) {}

JsonParse JsonDocument::parse_padded(std::string_view text) {
    source_ = text;
    simdjson::dom::element root;
    auto error = parse_strictly(parser(), source_, max_depth_, root);
    if (may_be_repaired(error)) {  // S4
        source_ = keep(repair_json(source_));
        error = parse_strictly(parser(), source_, max_depth_, root);
    }
    if (error == simdjson::SUCCESS) return root;
    return error == simdjson::DEPTH_ERROR ? JsonFault::too_deep : JsonFault::malformed;
}

JsonParse JsonDocument::parse(std::string_view text) {
    return parse_padded(keep(std::string(text)));
}

simdjson::dom::parser& JsonDocument::parser() {
    if (auto* const of_thread = per_thread<simdjson::dom::parser>()) return *of_thread;
    if (own_parser_ == nullptr) own_parser_ = std::make_unique<simdjson::dom::parser>();
    return *own_parser_;
}

std::string_view JsonDocument::keep(std::string text) {
    const auto size = text.size();
    copy_ = std::move(text);
    copy_.append(SseParser::padding, ' ');
    return std::string_view(copy_).substr(0, size);
}

}  // namespace cloud_backend::detail
