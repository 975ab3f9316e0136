#include "chat/json_body.hpp"

#include "chat/api_error.hpp"
#include "chat/html_title.hpp"
#include "core/ascii.hpp"

#include <cloud_backend/headers.hpp>
#include <cloud_backend/sse_parser.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace cloud_backend::detail {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// What a body that is not JSON is instead, without quoting what may be the answer to a prompt.
std::string describe(std::string_view body) {
    body = trim(body);
    if (body.empty()) return "the answer is empty";
    if (!body.starts_with('<')) return "the answer is not JSON";
    const auto title = html_title(body);
    if (title.empty()) return "the answer is an HTML page";
    return "the answer is an HTML page titled \"" + std::string(title) + '"';
}

/// S7: what looks like a document may be a bare error and more.
std::optional<ErrorDetails> find_error_in_first_line(std::string_view body, std::size_t max_depth) {
    body = trim(body);
    JsonDocument document(max_depth);
    const auto parsed = document.parse(body.substr(0, body.find_first_of("\r\n")));
    const auto* json = std::get_if<simdjson::dom::element>(&parsed);
    return json == nullptr ? std::nullopt : find_error(*json);
}

/// How long the body will be, as far as that is known and may be believed.
std::size_t expected_bytes(const Headers& headers, std::size_t limit) {
    constexpr std::size_t most = std::size_t{1} << 20;
    const std::string* length = find_header(headers, "content-length");
    std::size_t bytes = 0;
    if (length != nullptr) {
        std::from_chars(length->data(), length->data() + length->size(), bytes);
    }
    return std::min({bytes, limit, most});
}

}  // namespace

void JsonBody::begin(const ResponseHead& head) {
    const std::string* content_type = find_header(head.headers, "content-type");
    content_type_ = content_type == nullptr ? std::string() : *content_type;
    framed_ = head.framed;
    bytes_.clear();
    expected_bytes_ = expected_bytes(head.headers, limits_.response_body);
}

std::optional<ErrorDetails> JsonBody::append(std::string_view bytes) {
    if (bytes.size() > limits_.response_body - bytes_.size()) {
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the answer is larger than " +
                                       std::to_string(limits_.response_body) + " bytes"};
    }
    if (bytes_.empty()) bytes_.reserve(expected_bytes_ + SseParser::padding);
    bytes_ += bytes;
    return std::nullopt;
}

std::variant<simdjson::dom::element, ErrorDetails> JsonBody::parse() {
    if (bytes_.starts_with(byte_order_mark)) bytes_.erase(0, byte_order_mark.size());
    const auto size = bytes_.size();
    bytes_.append(SseParser::padding, ' ');

    const auto body = std::string_view(bytes_).substr(0, size);
    const auto parsed = document_.parse_padded(body);
    if (const auto* json = std::get_if<simdjson::dom::element>(&parsed)) return *json;
    if (std::get<JsonFault>(parsed) == JsonFault::too_deep) {
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the JSON of the answer is nested too deeply"};
    }
    if (auto error = find_error_in_first_line(body, limits_.json_depth)) return std::move(*error);
    return unexpected(describe(body), true);
}

std::string JsonBody::take_source() {
    const std::string_view source = document_.source();
    if (source.data() != bytes_.data()) return std::string(source);  // It had to be repaired.
    bytes_.resize(source.size());
    if (bytes_.capacity() / 2 > bytes_.size()) bytes_.shrink_to_fit();
    return take_bytes();
}

ErrorDetails JsonBody::unexpected(std::string message, bool maybe_cut) const {
    return {.code = ErrorCode::response,
            .message = std::move(message),
            .retryable = maybe_cut && !framed_,
            .content_type = content_type_};
}

}  // namespace cloud_backend::detail
