#include "chat/answer_document.hpp"

#include "chat/api_error.hpp"
#include "chat/html_title.hpp"
#include "chat/json_document.hpp"
#include "chat/json_fields.hpp"
#include "core/ascii.hpp"

#include <cloud_backend/headers.hpp>
#include <cloud_backend/sse_parser.hpp>

#include <algorithm>
#include <utility>

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

constexpr std::string_view line_ends = "\r\n";

/// S7: what looks like a document may be a bare error and more.
std::optional<ErrorDetails> find_error_in_first_line(std::string_view body, std::size_t max_depth) {
    body = trim(body);
    JsonDocument document(max_depth);
    const auto parsed = document.parse(body.substr(0, body.find_first_of(line_ends)));
    const auto* json = std::get_if<simdjson::dom::element>(&parsed);
    return json == nullptr ? std::nullopt : find_error(*json);
}

}  // namespace

void AnswerDocument::begin(const ResponseHead& head) {
    const std::string* content_type = find_header(head.headers, "content-type");
    content_type_ = content_type == nullptr ? std::string() : *content_type;
    framed_ = head.framed;
    body_.clear();
    first_line_ = FirstLine::coming;
    searched_ = 0;
}

std::optional<ErrorDetails> AnswerDocument::append(std::string_view bytes) {
    if (bytes.size() > limits_.response_body - body_.size()) {
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the answer is larger than " +
                                       std::to_string(limits_.response_body) + " bytes"};
    }
    body_ += bytes;
    return std::nullopt;
}

bool AnswerDocument::begins_with_bare_line() {
    if (first_line_ == FirstLine::coming) {
        const auto end = body_.find_first_of(line_ends, searched_);
        searched_ = std::min(end, body_.size());
        if (end == std::string::npos) return false;
        JsonDocument document(limits_.json_depth);
        const auto parsed = document.parse(std::string_view(body_).substr(0, end));
        const auto* json = std::get_if<simdjson::dom::element>(&parsed);
        const bool is_document = json == nullptr || format_.read_completion(*json);
        first_line_ = is_document ? FirstLine::document : FirstLine::no_answer;
        if (!is_document && find_error(*json)) return true;
    }
    if (first_line_ == FirstLine::document) return false;
    const auto next = body_.find_first_not_of(" \t\r\n", searched_);
    searched_ = body_.size();
    return next != std::string::npos;
}

std::variant<ChatCompletion, ErrorDetails> AnswerDocument::read() {
    std::string body = std::exchange(body_, {});
    if (body.starts_with(byte_order_mark)) body.erase(0, byte_order_mark.size());
    const auto size = body.size();
    body.append(SseParser::padding, ' ');

    JsonDocument document(limits_.json_depth);
    const auto parsed = document.parse_padded(std::string_view(body).substr(0, size));
    if (const auto* fault = std::get_if<JsonFault>(&parsed)) {
        body.resize(size);
        if (*fault == JsonFault::malformed) {
            if (auto error = find_error_in_first_line(body, limits_.json_depth)) {
                return std::move(*error);
            }
            return unexpected(describe(body), true);
        }
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the JSON of the answer is nested too deeply"};
    }
    const auto json = std::get<simdjson::dom::element>(parsed);
    if (auto failure = format_.find_failure(json)) return std::move(*failure);
    auto completion = format_.read_completion(json);
    if (!completion) return unexpected("the answer is JSON, but no completion", false);
    for (const Choice& choice : completion->choices) {
        if (choice.message.tool_calls.size() <= max_listed) continue;
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the answer has too many tool calls"};
    }
    completion->raw = RawJson::trusted(std::string(document.source()));
    return std::move(*completion);
}

ErrorDetails AnswerDocument::unexpected(std::string message, bool maybe_cut) const {
    return {.code = ErrorCode::response,
            .message = std::move(message),
            .retryable = maybe_cut && !framed_,
            .content_type = content_type_};
}

}  // namespace cloud_backend::detail
