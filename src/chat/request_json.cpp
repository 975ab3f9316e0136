#include "chat/request_json.hpp"

#include "chat/message_json.hpp"
#include "chat/object_writer.hpp"
#include "chat/tool_json.hpp"

#include <cloud_backend/error.hpp>

namespace cloud_backend::detail {

namespace {

std::string response_format_json(const ResponseFormat& format) {
    switch (format.kind()) {
        case ResponseFormat::Kind::text:
            return R"({"type":"text"})";
        case ResponseFormat::Kind::json_object:
            return R"({"type":"json_object"})";
        case ResponseFormat::Kind::json_schema:
            break;
    }
    ObjectWriter schema("response_format.json_schema.");
    schema.add("name", format.name());
    schema.add_object("schema", format.schema());
    schema.add("strict", format.strict());
    return R"({"type":"json_schema","json_schema":)" + schema.finish() + "}";
}

std::string logit_bias_json(const ChatRequest& request) {
    ObjectWriter biases("logit_bias.");
    for (const auto& [token, bias] : request.logit_bias) biases.add(std::to_string(token), bias);
    return biases.finish();
}

std::string metadata_json(const ChatRequest& request) {
    ObjectWriter entries("metadata.");
    for (const auto& [key, value] : request.metadata) {
        entries.add_member(text_of(key, "a key of metadata"),
                           text_of(value, "a value of metadata"));
    }
    return entries.finish();
}

}  // namespace

std::string to_json(const ChatRequest& request, Delivery delivery, const RequestDialect& dialect) {
    ObjectWriter object(request.extra, "");
    if (object.has_extra("stream")) {  // T11
        throw ConfigError("extra contains \"stream\": the way of calling decides it");
    }
    object.add_unless_empty("model", request.model);
    object.add_json("messages", array_of(request.messages, [&](const auto& message, auto i) {
                        return message_json(message, at("messages", i), dialect);
                    }));
    if (!request.tools.empty()) {
        object.add_json("tools", array_of(request.tools, [](const auto& tool, auto i) {
                            return tool_json(tool, at("tools", i));
                        }));
    }
    if (const auto& choice = request.tool_choice) {
        object.add_json("tool_choice", tool_choice_json(*choice));
    }
    object.add("parallel_tool_calls", request.parallel_tool_calls);
    if (const auto& format = request.response_format) {
        object.add_json("response_format", response_format_json(*format));
    }
    if (dialect.max_tokens_only) {
        object.add("max_tokens",
                   request.max_tokens ? request.max_tokens : request.max_completion_tokens);
    } else {
        object.add("max_tokens", request.max_tokens);
        object.add("max_completion_tokens", request.max_completion_tokens);
    }
    object.add("temperature", request.temperature);
    object.add("top_p", request.top_p);
    object.add("n", request.n);
    if (!request.stop.empty()) object.add_json("stop", array_of_texts(request.stop, "stop"));
    if (!dialect.seed.empty()) object.add(dialect.seed, request.seed);
    object.add("frequency_penalty", request.frequency_penalty);
    object.add("presence_penalty", request.presence_penalty);
    if (!request.logit_bias.empty()) object.add_json("logit_bias", logit_bias_json(request));
    object.add("logprobs", request.logprobs);
    object.add("top_logprobs", request.top_logprobs);
    object.add_unless_empty("reasoning_effort", request.reasoning_effort);
    object.add_unless_empty("verbosity", request.verbosity);
    object.add_unless_empty("service_tier", request.service_tier);
    object.add("store", request.store);
    if (!request.metadata.empty()) object.add_json("metadata", metadata_json(request));
    object.add_unless_empty("user", request.user);
    if (delivery == Delivery::streamed) {
        object.add_json("stream", "true");
        if (const auto& options = request.stream_options; options && !dialect.no_stream_options) {
            object.add_json("stream_options", options->include_usage
                                                  ? R"({"include_usage":true})"
                                                  : R"({"include_usage":false})");
        }
    }
    return object.finish();
}

}  // namespace cloud_backend::detail
