#include "chat/answer_document.hpp"

#include "chat/api_error.hpp"
#include "chat/json_document.hpp"
#include "chat/json_fields.hpp"

#include <algorithm>
#include <utility>

namespace cloud_backend::detail {

namespace {

constexpr std::string_view line_ends = "\r\n";

}  // namespace

void AnswerDocument::begin(const ResponseHead& head) {
    body_.begin(head);
    first_line_ = FirstLine::coming;
    searched_ = 0;
}

bool AnswerDocument::begins_with_bare_line() {
    const std::string_view bytes = body_.bytes();
    if (first_line_ == FirstLine::coming) {
        const auto end = bytes.find_first_of(line_ends, searched_);
        searched_ = std::min(end, bytes.size());
        if (end == std::string_view::npos) return false;
        JsonDocument document(max_depth_);
        const auto parsed = document.parse(bytes.substr(0, end));
        const auto* json = std::get_if<simdjson::dom::element>(&parsed);
        const bool is_document = json == nullptr || format_.read_completion(*json);
        first_line_ = is_document ? FirstLine::document : FirstLine::no_answer;
        if (!is_document && find_error(*json)) return true;
    }
    if (first_line_ == FirstLine::document) return false;
    const auto next = bytes.find_first_not_of(" \t\r\n", searched_);
    searched_ = bytes.size();
    return next != std::string_view::npos;
}

std::variant<ChatCompletion, ErrorDetails> AnswerDocument::read() {
    auto parsed = body_.parse();
    if (auto* error = std::get_if<ErrorDetails>(&parsed)) return std::move(*error);
    const auto json = std::get<simdjson::dom::element>(parsed);
    if (auto failure = format_.find_failure(json)) return std::move(*failure);
    auto completion = format_.read_completion(json);
    if (!completion) return unexpected("the answer is JSON, but no completion", false);
    for (const Choice& choice : completion->choices) {
        const Message& message = choice.message;
        if (std::max(message.tool_calls.size(), message.parts.size()) <= max_listed) continue;
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the answer has too many tool calls or parts"};
    }
    completion->raw = RawJson::trusted(body_.take_source());
    return std::move(*completion);
}

}  // namespace cloud_backend::detail
