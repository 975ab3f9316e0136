#include "chat/completion_json.hpp"

#include "chat/answer_reader.hpp"

#include <utility>

namespace cloud_backend::detail {

namespace {

Delta as_delta(const Message& message) {
    Delta delta{.role = message.role,
                .content = message.content,
                .parts = message.parts,
                .reasoning = message.reasoning,
                .refusal = message.refusal,
                .audio = message.audio,
                .annotations = message.annotations,
                .extra = message.extra};
    for (const auto& call : message.tool_calls) {
        delta.tool_calls.push_back({.index = static_cast<int>(delta.tool_calls.size()),
                                    .id = call.id,
                                    .type = call.type,
                                    .name = call.name,
                                    .arguments = call.arguments,
                                    .function_extra = call.function_extra,
                                    .extra = call.extra});
    }
    return delta;
}

}  // namespace

std::optional<ChatCompletion> read_completion(simdjson::dom::element json) {
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS) return std::nullopt;
    ChatCompletion completion;
    const auto traits = AnswerReader().read(object, completion);
    if (!traits.has_choices || traits.has_impossible_choices) return std::nullopt;
    return completion;
}

ChatChunk as_chunk(const ChatCompletion& completion) {
    ChatChunk chunk{.id = completion.id,
                    .created = completion.created,
                    .model = completion.model,
                    .usage = completion.usage,
                    .service_tier = completion.service_tier,
                    .system_fingerprint = completion.system_fingerprint,
                    .extra = completion.extra,
                    .raw = completion.raw};
    for (const auto& choice : completion.choices) {
        chunk.choices.push_back({.index = choice.index,
                                 .delta = as_delta(choice.message),
                                 .finish_reason = choice.finish_reason,
                                 .logprobs = choice.logprobs,
                                 .extra = choice.extra});
    }
    return chunk;
}

}  // namespace cloud_backend::detail
