#include "chat/anthropic_message.hpp"

#include "chat/anthropic_content.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace cloud_backend::detail {

namespace {

namespace dom = simdjson::dom;

/// Appends to a JSON list that lacks its closing bracket; an empty text is no list yet.
void append_element(std::string& open_list, dom::element value) {
    open_list += open_list.empty() ? '[' : ',';
    append_json(open_list, value);
}

/// Bounded, so that counts can be added up whatever the server says.
std::int64_t token_count(dom::element value) noexcept {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 8;
    return std::clamp<std::int64_t>(int_or_zero(value), 0, most);
}

/// Reads the content blocks of a whole message.
class ContentReader {
public:
    explicit ContentReader(Message& message) : message_(message) {}

    void read(dom::element value) {
        const auto block = as_object(value);
        if (!block) return;
        kept_.add(value);
        const auto type = find_string(*block, "type");
        if (type == "text") {
            read_text(*block);
        } else if (type == "tool_use") {
            read_tool_use(*block);
        } else if (type == "thinking") {
            message_.reasoning += find_string(*block, "thinking");
        }
    }

    void finish() {
        if (!citations_.empty()) {
            message_.annotations = RawJson::trusted(std::move(citations_) + ']');
        }
        message_.extra = kept_.extra();
    }

private:
    void read_text(dom::object block) {
        message_.content += find_string(block, "text");
        const auto member = find_member(block, "citations");
        const auto citations = member ? as_array(*member) : std::nullopt;
        if (!citations) return;
        for (const auto citation : *citations) append_element(citations_, citation);
    }

    void read_tool_use(dom::object block) {
        if (message_.tool_calls.size() > max_listed) return;  // T8
        ToolCall& call = message_.tool_calls.emplace_back();
        call.id = find_string(block, "id");
        call.name = find_string(block, "name");
        call.arguments = input_of(block);
    }

    Message& message_;
    std::string citations_{};
    KeptContent kept_{};
};

}  // namespace

void AnthropicTokens::update(dom::object usage) noexcept {
    for (const auto& [key, count] : usage) {
        if (count.is_null()) continue;
        if (key == "input_tokens") {
            input = token_count(count);
        } else if (key == "cache_creation_input_tokens") {
            cache_creation = token_count(count);
        } else if (key == "cache_read_input_tokens") {
            cache_read = token_count(count);
        } else if (key == "output_tokens") {
            output = token_count(count);
        }
    }
}

std::string_view finish_reason_of(std::string_view stop_reason) noexcept {
    struct Row {
        std::string_view stop_reason;
        std::string_view finish_reason;
    };
    constexpr std::array<Row, 6> table{{
        {"end_turn", "stop"},
        {"stop_sequence", "stop"},
        {"max_tokens", "length"},
        {"model_context_window_exceeded", "length"},
        {"tool_use", "tool_calls"},
        {"refusal", "content_filter"},
    }};
    const auto* const found = std::ranges::find(table, stop_reason, &Row::stop_reason);
    return found == table.end() ? stop_reason : found->finish_reason;
}

std::optional<ErrorDetails> failure_of(std::string_view stop_reason) {
    if (stop_reason != "error") return std::nullopt;
    return ErrorDetails{.code = ErrorCode::stream,
                        .message = "the answer ended with the stop reason \"error\""};
}

std::optional<ChatCompletion> read_anthropic_message(dom::element json) {
    const auto message = as_object(json);
    if (!message || find_string(*message, "type") != "message") return std::nullopt;
    const auto member = find_member(*message, "content");
    const auto content = member ? as_array(*member) : std::nullopt;
    if (!content) return std::nullopt;

    ChatCompletion completion;
    AnthropicTokens tokens;
    std::string buffer;
    read_anthropic_head(*message, tokens, completion, buffer);
    Choice& choice = completion.choices.emplace_back();
    choice.finish_reason = finish_reason_of(find_string(*message, "stop_reason"));
    ContentReader reader(choice.message);
    for (const auto block : *content) reader.read(block);
    reader.finish();
    return completion;
}

}  // namespace cloud_backend::detail
