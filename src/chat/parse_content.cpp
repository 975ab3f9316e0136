#include "chat/finish_reason.hpp"
#include "chat/json_document.hpp"
#include "core/ascii.hpp"

#include <cloud_backend/parse_content.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace cloud_backend {

namespace {

[[noreturn]] void fail(const ChatCompletion& completion, ContentFault fault, std::string message) {
    const bool final = fault == ContentFault::cut || fault == ContentFault::filtered ||
                       fault == ContentFault::refused || fault == ContentFault::tool_calls;
    raise({.code = ErrorCode::content,
           .message = std::move(message),
           .retryable = !final,
           .attempts = completion.metadata.attempts,
           .request_id = completion.metadata.request_id,
           .partial = std::make_shared<const ChatCompletion>(completion),
           .api = {.content_filter = fault == ContentFault::filtered},
           .content_fault = fault});
}

/// What stands between ``` and ```, the language behind the first one left out.
std::string_view without_fence(std::string_view text) {
    constexpr std::string_view fence = "```";
    const auto first_line = text.find('\n');
    if (!text.starts_with(fence) || !text.ends_with(fence) ||
        first_line == std::string_view::npos) {
        return text;
    }
    text.remove_suffix(fence.size());
    return text.substr(first_line);
}

}  // namespace

RawJson json_content(const ChatCompletion& completion) {
    using enum ContentFault;
    const auto finish_reason = completion.finish_reason();
    if (detail::was_cut(finish_reason)) {
        fail(completion, cut, "the answer was cut by its token limit");
    }
    if (detail::was_filtered(finish_reason)) {
        fail(completion, filtered, "a content filter stopped the answer");
    }
    if (!completion.choices.empty()) {
        const Message& message = completion.choices.front().message;
        if (!message.refusal.empty()) fail(completion, refused, "the model refused to answer");
        if (!message.tool_calls.empty()) fail(completion, tool_calls, "the answer calls tools");
    }
    const auto content = detail::trim(completion.content());
    if (content.empty()) fail(completion, empty, "the answer has no content");

    detail::JsonDocument document;
    const auto parse = document.parse(without_fence(content));
    if (const auto* fault = std::get_if<detail::JsonFault>(&parse)) {
        if (*fault == detail::JsonFault::too_deep) {
            fail(completion, too_deep, "the content is JSON that is nested too deep");
        }
        fail(completion, not_json, "the content is not JSON");
    }
    return RawJson::trusted(std::string(document.source()));
}

void detail::throw_wrong_shape(const ChatCompletion& completion, const char* reason) {
    fail(completion, ContentFault::wrong_shape,
         std::string("the content is not of the type asked for: ") + reason);
}

}  // namespace cloud_backend
