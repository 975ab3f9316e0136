#include "chat/api_error.hpp"

#include "chat/html_title.hpp"
#include "chat/json_document.hpp"
#include "chat/json_fields.hpp"
#include "chat/json_writer.hpp"
#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace cloud_backend::detail {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

/// What a JSON value says of an error, wherever it says it (E1).
struct ErrorFields {
    std::string message{};
    std::string code{};
    std::string type{};
    std::string param{};
    bool content_filter = false;
};

/// A code or status may be text or an integer.
std::string text_of(object json, std::string_view key) {
    const auto value = find_member(json, key);
    if (!value) return {};
    if (const auto number = value_as<std::int64_t>(*value)) return std::to_string(*number);
    return std::string(string_or_empty(*value));
}

const std::string& first_of(const std::string& a, const std::string& b) {
    return a.empty() ? b : a;
}

/// Azure names the policy that stopped the request in an error inside the error.
bool is_content_filter(std::string_view code) {
    return code == "content_filter" || code == "content_policy_violation" ||
           code == "ResponsibleAIPolicyViolation";
}

bool inner_error_is_content_filter(object error) {
    const auto inner = find_member(error, "innererror");
    const auto inner_object = inner ? as_object(*inner) : std::nullopt;
    return inner_object && is_content_filter(find_string(*inner_object, "code"));
}

ErrorFields read_fields(object error) {
    ErrorFields fields{
        .message = text_of(error, "message"),
        .code = first_of(text_of(error, "code"), text_of(error, "status")),
        .type = first_of(text_of(error, "type"), std::string(find_string(error, "status"))),
        .param = text_of(error, "param")};
    fields.content_filter = is_content_filter(fields.code) || inner_error_is_content_filter(error);
    return fields;
}

/// "detail" is a text, or a list whose first entry has a "msg".
std::string read_detail(object json) {
    const auto detail = find_member(json, "detail");
    if (!detail) return {};
    if (const auto list = as_array(*detail); list && list->size() > 0) {
        const auto first = as_object(list->at(0).value_unsafe());
        return first ? text_of(*first, "msg") : std::string();
    }
    return std::string(string_or_empty(*detail));
}

std::optional<ErrorFields> read_error_member(object json) {
    const auto error = find_member(json, "error");
    if (!error || is_empty(*error)) return std::nullopt;
    if (const auto error_object = as_object(*error)) return read_fields(*error_object);
    const bool says_no =
        error->is_string() ? string_or_empty(*error).empty() : value_as<bool>(*error) == false;
    if (says_no) return std::nullopt;
    ErrorFields fields = read_fields(json);  // What says more than "true" stands beside it.
    if (error->is_string()) fields.message = string_or_empty(*error);
    if (const auto number = value_as<std::int64_t>(*error)) fields.code = std::to_string(*number);
    return fields;
}

/// The object that holds the error: the value, or the first of a list of one (Gemini).
std::optional<object> holder_of(element json) {
    if (const auto list = as_array(json)) {
        if (list->size() == 0) return std::nullopt;
        return as_object(list->at(0).value_unsafe());
    }
    return as_object(json);
}

/// An error without a message may have it beside it (E1).
ErrorFields with_message_of(object holder, ErrorFields fields) {
    if (fields.message.empty()) fields.message = text_of(holder, "message");
    if (fields.message.empty()) fields.message = read_detail(holder);
    if (!fields.message.empty()) return fields;
    const auto message = find_member(holder, "message");  // Mistral's may hold the detail.
    if (const auto holds_detail = message ? as_object(*message) : std::nullopt) {
        fields.message = read_detail(*holds_detail);
    }
    return fields;
}

/// What the body of an answer with an error status says.
ErrorFields read_body(element json) {
    const auto holder = holder_of(json);
    if (!holder) return {.message = std::string(trim(string_or_empty(json)))};
    auto error = read_error_member(*holder);
    return with_message_of(*holder, error ? *std::move(error) : read_fields(*holder));
}

/// vLLM: the error is the whole object. A chunk must never be mistaken for one.
bool is_flat_error(object json) {
    return find_string(json, "object") == "error" && find_member(json, "message") &&
           !find_member(json, "choices");
}

// --- text bodies ---------------------------------------------------------------------------------

std::string read_text(std::string_view body) {
    const std::string_view text = trim(body);
    return std::string(text.starts_with('<') ? html_title(text) : text);
}

// --- what it means -------------------------------------------------------------------------------

/// Of an error that says nothing else (E1).
std::string status_message(int status) {
    return "HTTP " + std::to_string(status);
}

ErrorCode code_of_status(int status, bool quota) {
    switch (status) {
        case 400:
            return quota ? ErrorCode::quota_exceeded : ErrorCode::bad_request;
        case 401:
            return ErrorCode::authentication;
        case 402:
            return ErrorCode::quota_exceeded;
        case 403:
            return ErrorCode::permission_denied;
        case 404:
            return ErrorCode::not_found;
        case 409:
            return ErrorCode::conflict;
        case 422:
            return ErrorCode::unprocessable_entity;
        case 429:
            return quota ? ErrorCode::quota_exceeded : ErrorCode::rate_limit;
        default:
            return status >= 500 ? ErrorCode::internal_server : ErrorCode::api;
    }
}

std::optional<int> error_status(std::string_view code) {
    int status = 0;
    const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), status);
    const bool number = error == std::errc{} && end == code.data() + code.size();
    return number && status >= 400 && status <= 599 ? std::optional(status) : std::nullopt;
}

bool is_quota_name(std::string_view name) {
    return name == "insufficient_quota" || name == "billing_hard_limit_reached" ||
           name == "credit_balance_exhausted" || name.ends_with("_spend_limit_exceeded") ||
           name.ends_with("_usage_limit_exceeded");
}

/// Anthropic tells it as an invalid request, so that only the text knows.
bool is_quota_message(std::string_view message) {
    return message.starts_with("Your credit balance is too low") ||
           message.starts_with("You have reached your specified API usage limits");
}

/// The status that the name of an error stands for; 0 for names that say none.
int status_of_name(std::string_view name) {
    struct Row {
        std::string_view name;
        int status;
    };
    constexpr std::array<Row, 26> table{{
        {"rate_limit_exceeded", 429},
        {"rate_limit_error", 429},
        {"rate_limit_reached", 429},
        {"too_many_requests", 429},
        {"RESOURCE_EXHAUSTED", 429},
        {"invalid_request_error", 400},
        {"invalid_request", 400},
        {"BadRequestError", 400},
        {"INVALID_ARGUMENT", 400},
        {"context_length_exceeded", 400},
        {"content_filter", 400},
        {"content_policy_violation", 400},
        {"authentication_error", 401},
        {"invalid_api_key", 401},
        {"billing_error", 402},
        {"permission_error", 403},
        {"not_found_error", 404},
        {"request_too_large", 413},
        {"overloaded_error", 529},
        {"server_error", 500},
        {"api_error", 500},
        {"internal_error", 500},
        {"internal_server_error", 500},
        {"UNAVAILABLE", 503},
        {"timeout", 504},
        {"timeout_error", 504},
    }};
    const auto* const found = std::ranges::find(table, name, &Row::name);
    return found == table.end() ? 0 : found->status;
}

int status_in_band(const ErrorFields& fields) {
    if (const auto status = error_status(fields.code)) return *status;
    if (is_quota_name(fields.code) || is_quota_name(fields.type)) return 429;  // R3
    if (is_quota_message(fields.message)) return 402;
    if (const int status = status_of_name(fields.code); status != 0) return status;
    return status_of_name(fields.type);
}

bool is_context_length(const ErrorFields& fields) {
    return fields.code == "context_length_exceeded" ||
           fields.message.find("maximum context length") != std::string::npos ||
           // Anthropic
           fields.message.starts_with("prompt is too long") ||
           fields.message.find("exceed context limit") != std::string::npos;
}

/// Not inside a character.
void cut(std::string& text, std::size_t size) {
    if (text.size() <= size) return;
    const auto continues = [&] { return (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80; };
    while (size > 0 && continues()) --size;
    text.resize(size);
}

ErrorDetails to_details(ErrorFields fields, int status) {
    ErrorDetails details;
    details.api = {.status = status,
                   .context_length_exceeded = is_context_length(fields),
                   .content_filter = fields.content_filter};
    details.message = std::move(fields.message);
    details.api.code = std::move(fields.code);
    details.api.type = std::move(fields.type);
    details.api.param = std::move(fields.param);
    return details;
}

}  // namespace

ErrorDetails read_api_error(int status, Headers headers, std::string body) {
    JsonDocument document;
    const auto parsed = document.parse(body);
    const auto* json = std::get_if<element>(&parsed);
    ErrorFields fields = json ? read_body(*json) : ErrorFields{.message = read_text(body)};
    if (fields.message.empty()) fields.message = status_message(status);
    ErrorDetails details = to_details(std::move(fields), status);
    cut(body, error_body_limit);
    details.code = code_of_status(status, is_quota_error(details));
    details.api.headers = std::move(headers);
    details.api.body = std::move(body);
    return details;
}

std::optional<ErrorDetails> find_error(element json) {
    const auto holder = holder_of(json);
    if (!holder) return std::nullopt;
    auto fields = read_error_member(*holder);
    if (!fields && is_flat_error(*holder)) fields = read_fields(*holder);
    if (!fields) return std::nullopt;
    fields = with_message_of(*holder, *std::move(fields));
    const int status = status_in_band(*fields);
    if (fields->message.empty()) {
        fields->message = status == 0 ? "the server reports an error" : status_message(status);
    }
    ErrorDetails details = to_details(*std::move(fields), status);
    details.code = ErrorCode::stream;
    append_json(details.api.body, json);
    cut(details.api.body, error_body_limit);
    return details;
}

bool is_quota_error(const ErrorDetails& error) noexcept {
    return is_quota_name(error.api.code) || is_quota_name(error.api.type) ||
           is_quota_message(error.message);
}

}  // namespace cloud_backend::detail
