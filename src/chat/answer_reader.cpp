#include "chat/answer_reader.hpp"

#include "chat/api_error.hpp"
#include "chat/delta.hpp"
#include "chat/json_fields.hpp"
#include "chat/json_writer.hpp"
#include "chat/message_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace cloud_backend::detail {

namespace {

namespace dom = simdjson::dom;

constexpr std::string_view failed = "error";  // As a finish reason (T4).

/// Null is 0; empty when it cannot be one (A11).
std::optional<int> as_choice_index(dom::element value) {
    if (value.is_null()) return 0;
    const auto index = as_index(value);
    return index && static_cast<std::size_t>(*index) < max_choices ? index : std::nullopt;
}

/// Where details of the usage stand: with those of the prompt, of the completion, or by themselves.
using UsageDetail = std::pair<std::string_view, std::int64_t Usage::*>;
constexpr UsageDetail bare_details[] = {{"cached_tokens", &Usage::cached_tokens},
                                        {"reasoning_tokens", &Usage::reasoning_tokens}};
constexpr UsageDetail prompt_details[] = {{"cached_tokens", &Usage::cached_tokens},
                                          {"audio_tokens", &Usage::prompt_audio_tokens}};
constexpr UsageDetail completion_details[] = {
    {"reasoning_tokens", &Usage::reasoning_tokens},
    {"audio_tokens", &Usage::completion_audio_tokens},
    {"accepted_prediction_tokens", &Usage::accepted_prediction_tokens},
    {"rejected_prediction_tokens", &Usage::rejected_prediction_tokens}};

void read_details(dom::element value, std::span<const UsageDetail> details, Usage& usage) {
    const auto object = as_object(value);
    if (!object) return;
    for (const auto& [key, count] : *object) {
        for (const auto& [name, field] : details) {
            if (key == name) usage.*field = int_or_zero(count);
        }
    }
}

template <class Answer>
void clear_fields(Answer& answer) {
    answer.id.clear();
    answer.created = 0;
    answer.model.clear();
    answer.service_tier.clear();
    answer.system_fingerprint.clear();
}

/// A field that is read as it stands; false if `key` names none.
template <class Answer>
bool read_plain_field(std::string_view key, dom::element value, Answer& answer) {
    if (key == "id") {
        answer.id = string_or_empty(value);
    } else if (key == "created") {
        answer.created = int_or_zero(value);
    } else if (key == "model") {
        answer.model = string_or_empty(value);
    } else if (key == "service_tier") {
        answer.service_tier = string_or_empty(value);
    } else if (key == "system_fingerprint") {
        answer.system_fingerprint = string_or_empty(value);
    } else {
        // OpenAI pads each chunk with an "obfuscation" of random length.
        return key == "object" || key == "obfuscation";
    }
    return true;
}

std::optional<ErrorDetails> find_failed_choice(dom::array choices) {
    for (const auto element : choices) {
        const auto choice = as_object(element);
        if (!choice || find_string(*choice, "finish_reason") != failed) continue;
        if (auto error = find_error(element)) return error;
        return ErrorDetails{.code = ErrorCode::stream,
                            .message = "the answer ended with the finish reason \"error\""};
    }
    return std::nullopt;
}

}  // namespace

AnswerTraits AnswerReader::read(dom::object json, ChatChunk& chunk) {
    telling_.reset();
    return read_answer(json, chunk);
}

AnswerTraits AnswerReader::read(dom::object json, ChatCompletion& completion) {
    return read_answer(json, completion);
}

template <class Answer>
AnswerTraits AnswerReader::read_answer(dom::object json, Answer& answer) {
    AnswerTraits traits;
    clear_fields(answer);
    std::size_t choices = 0;
    bool usage_seen = false;
    MemberCollector extra(buffer_);
    for (const auto& [key, value] : json) {
        if (key == "choices") {
            traits.has_choices = as_array(value).has_value();
            choices = read_objects(value, answer.choices, [&](dom::object choice, auto& target) {
                read_choice(choice, target, traits);
            });
        } else if (key == "usage") {
            usage_seen |= read_usage(value, answer.usage);
        } else if (key == "error") {
            traits.has_error |= !value.is_null();
        } else if (!read_plain_field(key, value, answer)) {
            if (key == "x_groq") usage_seen |= read_usage_within(value, answer.usage);  // A6
            extra.add(key, value);
        }
    }
    traits.has_impossible_choices |= choices > max_choices;
    answer.choices.resize(choices);
    if (!usage_seen) answer.usage.reset();
    extra.store(answer.extra);
    return traits;
}

template <class AnyChoice>
void AnswerReader::read_choice(dom::object json, AnyChoice& choice, AnswerTraits& traits) {
    choice.index = 0;
    choice.finish_reason.clear();
    choice.logprobs.clear();
    ChoiceParts parts;
    MemberCollector extra(buffer_);
    for (const auto& [key, value] : json) {
        if (key == "index") {
            const auto index = as_choice_index(value);
            traits.has_impossible_choices |= !index;
            choice.index = index.value_or(0);
        } else if (key == "delta") {
            parts.delta = as_object(value);
        } else if (key == "message") {
            parts.message = as_object(value);
        } else if (key == "finish_reason") {
            choice.finish_reason = string_or_empty(value);
        } else if (key == "logprobs") {
            if (!is_empty(value)) store_json(choice.logprobs, value, buffer_);
        } else if (key != "error") {
            extra.add(key, value);
        }
    }
    extra.store(choice.extra);
    traits.has_error |= choice.finish_reason == failed;
    read_part(parts, choice);
}

/// A message in place of deltas is read as one.
void AnswerReader::read_part(const ChoiceParts& parts, ChunkChoice& choice) {
    if (parts.delta) {
        read_message(*parts.delta, choice.delta, buffer_);
    } else {
        clear(choice.delta);
    }
    const auto index = static_cast<std::size_t>(choice.index);
    if (says_something(choice.delta)) {
        telling_.set(index);
    } else if (parts.message && !told_.test(index)) {
        read_message(*parts.message, choice.delta, buffer_);
    }
}

void AnswerReader::read_part(const ChoiceParts& parts, Choice& choice) {
    if (const auto part = parts.message ? parts.message : parts.delta) {
        read_message(*part, choice.message, buffer_);
    } else {
        clear(choice.message);
    }
}

bool AnswerReader::read_usage(dom::element value, std::optional<Usage>& usage) {
    const auto object = as_object(value);
    if (!object || object->size() == 0) return false;
    RawJson raw = usage ? std::move(usage->raw) : RawJson();  // Its storage is used again.
    store_json(raw, value, buffer_);
    usage.emplace().raw = std::move(raw);
    read_details(value, bare_details, *usage);  // Some servers give them beside the totals.
    for (const auto& [key, field] : *object) {
        if (key == "prompt_tokens") {
            usage->prompt_tokens = int_or_zero(field);
        } else if (key == "completion_tokens") {
            usage->completion_tokens = int_or_zero(field);
        } else if (key == "total_tokens") {
            usage->total_tokens = int_or_zero(field);
        } else if (key == "prompt_tokens_details") {
            read_details(field, prompt_details, *usage);
        } else if (key == "completion_tokens_details") {
            read_details(field, completion_details, *usage);
        }
    }
    return true;
}

bool AnswerReader::read_usage_within(dom::element value, std::optional<Usage>& usage) {
    const auto object = as_object(value);
    const auto inner = object ? find_member(*object, "usage") : std::nullopt;
    return inner && read_usage(*inner, usage);
}

std::optional<ErrorDetails> find_failure(dom::element json) {
    if (auto error = find_error(json)) return error;
    const auto object = as_object(json);
    const auto member = object ? find_member(*object, "choices") : std::nullopt;
    const auto choices = member ? as_array(*member) : std::nullopt;
    return choices ? find_failed_choice(*choices) : std::nullopt;
}

}  // namespace cloud_backend::detail
