#include "scripted_answer.hpp"

#include <cloud_backend/chat_accumulator.hpp>
#include <cloud_backend/error.hpp>

#include <nlohmann/json.hpp>

#include <sstream>
#include <stdexcept>
#include <utility>

namespace cloud_backend::test {

namespace {

using nlohmann::json;

ChatChunk chunk_of(Piece piece, std::string id) {
    ChatChunk chunk{.id = std::move(id)};
    if (piece == Piece::usage) {
        chunk.usage = Usage{.total_tokens = static_cast<std::int64_t>(chunk.id.size())};
        return chunk;
    }
    ChunkChoice choice;
    const std::string token = chunk.id + ' ';
    if (piece == Piece::role) choice.delta.role = Role::assistant;
    if (piece == Piece::content) choice.delta.content = token;
    if (piece == Piece::reasoning) choice.delta.reasoning = token;
    if (piece == Piece::finish) choice.finish_reason = "stop";
    if (piece == Piece::tool_call) {
        choice.delta.tool_calls.push_back(
            {.index = 0, .id = "call", .name = "f", .arguments = token});
    }
    chunk.choices.push_back(std::move(choice));
    return chunk;
}

json tool_calls_json(const auto& calls) {
    json list = json::array();
    for (const auto& call : calls) {
        list.push_back({{"index", 0},
                        {"id", call.id},
                        {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
    }
    return list;
}

json reason_json(const std::string& reason) {
    return reason.empty() ? json() : json(reason);
}

/// Of a message or a delta.
json message_json(const auto& message) {
    json object = json::object();
    if (!message.content.empty()) object["content"] = message.content;
    if (!message.reasoning.empty()) object["reasoning_content"] = message.reasoning;
    if (!message.tool_calls.empty()) object["tool_calls"] = tool_calls_json(message.tool_calls);
    return object;
}

std::string answer_json(const auto& answer, json choices) {
    json object{{"id", answer.id}, {"choices", std::move(choices)}};
    if (answer.usage) object["usage"] = {{"total_tokens", answer.usage->total_tokens}};
    return object.dump();
}

std::string json_of(const ChatChunk& chunk) {
    json choices = json::array();
    for (const ChunkChoice& choice : chunk.choices) {
        json delta = message_json(choice.delta);
        if (choice.delta.role) delta["role"] = "assistant";
        choices.push_back({{"index", 0},
                           {"delta", std::move(delta)},
                           {"finish_reason", reason_json(choice.finish_reason)}});
    }
    return answer_json(chunk, std::move(choices));
}

std::string json_of(const ChatCompletion& completion) {
    json choices = json::array();
    for (const Choice& choice : completion.choices) {
        choices.push_back({{"index", 0},
                           {"message", message_json(choice.message)},
                           {"finish_reason", reason_json(choice.finish_reason)}});
    }
    return answer_json(completion, std::move(choices));
}

std::string error_json(int status) {
    return json{{"error", {{"message", "scripted"}, {"code", status}}}}.dump();
}

std::string event(const std::string& data) {
    return "data: " + data + "\n\n";
}

void end_exchange(Exchange& exchange, const AnswerScript& script, const std::string& last) {
    exchange.after(script.pause);
    switch (script.end) {
        case AnswerEnd::stalled:
            return;
        case AnswerEnd::cut:
        case AnswerEnd::thrown:
            exchange.fail(TransferFault::interrupted);
            return;
        default:
            exchange.body(last).finish();
    }
}

void add_stream(Exchange& exchange, const AnswerScript& script,
                const std::vector<ChatChunk>& chunks, const std::function<void()>& on_given) {
    for (const ChatChunk& chunk : chunks) {
        exchange.after(script.pause).body(event(json_of(chunk))).also(on_given);
    }
    const bool is_error = script.end == AnswerEnd::error_in_answer;
    end_exchange(exchange, script, event(is_error ? error_json(script.status) : "[DONE]"));
}

void add_document(Exchange& exchange, const AnswerScript& script,
                  const std::vector<ChatChunk>& chunks) {
    const std::string document = json_of(accumulated(chunks));
    const bool is_error = script.end == AnswerEnd::error_in_answer;
    const auto half = is_error ? 0 : document.size() / 2;
    exchange.after(script.pause).body(document.substr(0, half));
    end_exchange(exchange, script, is_error ? error_json(script.status) : document.substr(half));
}

ErrorCode code_of(int status) {
    switch (status) {
        case 400:
            return ErrorCode::bad_request;
        case 401:
            return ErrorCode::authentication;
        case 404:
            return ErrorCode::not_found;
        case 409:
            return ErrorCode::conflict;
        case 422:
            return ErrorCode::unprocessable_entity;
        case 429:
            return ErrorCode::rate_limit;
        default:
            return ErrorCode::internal_server;
    }
}

}  // namespace

std::vector<ChatChunk> chunks_of(const AnswerScript& script, std::string_view answer) {
    std::vector<ChatChunk> chunks;
    for (const Piece piece : script.pieces) {
        chunks.push_back(
            chunk_of(piece, std::string(answer) + ':' + std::to_string(chunks.size())));
    }
    return chunks;
}

ChatCompletion accumulated(const std::vector<ChatChunk>& chunks) {
    ChatAccumulator accumulator;
    for (const ChatChunk& chunk : chunks) accumulator.add(chunk);
    return accumulator.completion();
}

std::string text_of(const ChatCompletion& completion) {
    std::ostringstream text;
    text << completion.id;
    for (const Choice& choice : completion.choices) {
        const Message& message = choice.message;
        text << " {content " << message.content << "reasoning " << message.reasoning;
        for (const ToolCall& call : message.tool_calls) {
            text << "call " << call.id << ' ' << call.name << ' ' << call.arguments;
        }
        text << "finish " << choice.finish_reason << '}';
    }
    if (completion.usage) text << " usage " << completion.usage->total_tokens;
    return text.str();
}

Exchange exchange_of(const AnswerScript& script, const std::vector<ChatChunk>& chunks,
                     bool streamed, const std::function<void()>& on_given) {
    Exchange exchange;
    exchange.after(script.pause);
    if (script.end == AnswerEnd::refused) {
        return exchange.fail(TransferFault::not_sent, ConnectionStage::connect, 7);
    }
    Headers headers;
    if (script.retry_after) {
        headers.push_back({"Retry-After", std::to_string(script.retry_after->count())});
    }
    exchange.sent();
    if (script.end == AnswerEnd::status) {
        return exchange.after(script.pause)
            .head(script.status, std::move(headers))
            .body(error_json(script.status))
            .finish();
    }
    if (script.end == AnswerEnd::stalled && chunks.empty()) return exchange;
    exchange.head(200, std::move(headers));
    if (streamed) {
        add_stream(exchange, script, chunks, on_given);
    } else {
        add_document(exchange, script, chunks);
    }
    return exchange;
}

void fail_as_scripted(const AnswerScript& script) {
    switch (script.end) {
        case AnswerEnd::complete:
            return;
        case AnswerEnd::refused:
            raise({.code = ErrorCode::connection, .message = "scripted"});
        case AnswerEnd::status:
            raise({.code = code_of(script.status),
                   .message = "scripted",
                   .api = {.status = script.status}});
        case AnswerEnd::error_in_answer:
            raise({.code = ErrorCode::stream,
                   .message = "scripted",
                   .api = {.status = script.status}});
        case AnswerEnd::cut:
            raise({.code = ErrorCode::stream_truncated, .message = "scripted"});
        case AnswerEnd::stalled:
        case AnswerEnd::thrown:
            throw std::runtime_error("scripted");
    }
}

}  // namespace cloud_backend::test
