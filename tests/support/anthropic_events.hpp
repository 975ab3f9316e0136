#pragma once

#include <string>
#include <string_view>
#include <vector>

// The events of an answer as Anthropic writes them; what is not given to them is not in them.
namespace cloud_backend::test::anthropic {

/// An event of a stream: its type is told twice, as the service does.
inline std::string sse(std::string_view data) {
    constexpr std::string_view key = R"("type":")";
    const auto type = data.substr(data.find(key) + key.size());
    return "event: " + std::string(type.substr(0, type.find('"'))) +
           "\ndata: " + std::string(data) + "\n\n";
}

inline std::string joined(const std::vector<std::string>& events) {
    std::string stream;
    for (const auto& event : events) stream += sse(event);
    return stream;
}

inline const std::string message_start =
    R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",)"
    R"("model":"claude","content":[],"stop_reason":null,"stop_sequence":null,)"
    R"("usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,)"
    R"("output_tokens":1,"service_tier":"standard"}}})";
inline const std::string ping = R"({"type": "ping"})";
inline const std::string message_stop = R"({"type":"message_stop"})";
inline const std::string overloaded =
    R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},)"
    R"("request_id":"req_1"})";

inline std::string block_start(int index, std::string_view block) {
    return R"({"type":"content_block_start","index":)" + std::to_string(index) +
           R"(,"content_block":)" + std::string(block) + "}";
}

inline std::string block_delta(int index, std::string_view delta) {
    return R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" +
           std::string(delta) + "}";
}

inline std::string block_stop(int index) {
    return R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}";
}

inline std::string text_start(int index = 0) {
    return block_start(index, R"({"type":"text","text":""})");
}

inline std::string text_delta(std::string_view text, int index = 0) {
    return block_delta(index, R"({"type":"text_delta","text":")" + std::string(text) + "\"}");
}

inline std::string message_delta(std::string_view stop_reason = "end_turn", int output_tokens = 5) {
    return R"({"type":"message_delta","delta":{"stop_reason":")" + std::string(stop_reason) +
           R"(","stop_sequence":null},"usage":{"output_tokens":)" + std::to_string(output_tokens) +
           "}}";
}

/// "one", " two", and all that stands around them.
inline std::vector<std::string> two_words() {
    return {message_start, text_start(),    ping,        text_delta("one"), text_delta(" two"),
            block_stop(0), message_delta(), message_stop};
}

/// Thinks, says something and asks for two tools, the second without arguments.
inline std::vector<std::string> thinking_and_tools() {
    return {
        message_start,
        block_start(0, R"({"type":"thinking","thinking":"","signature":""})"),
        block_delta(0, R"({"type":"thinking_delta","thinking":"Let me "})"),
        block_delta(0, R"({"type":"thinking_delta","thinking":"\"see\""})"),
        block_delta(0, R"({"type":"signature_delta","signature":"c2ln"})"),
        block_stop(0),
        block_start(1, R"({"type":"redacted_thinking","data":"ZGF0YQ"})"),
        block_stop(1),
        text_start(2),
        text_delta("Looking.", 2),
        block_stop(2),
        block_start(3, R"({"type":"tool_use","id":"toolu_1","name":"weather","input":{}})"),
        block_delta(3, R"({"type":"input_json_delta","partial_json":""})"),
        block_delta(3, R"({"type":"input_json_delta","partial_json":"{\"city\":"})"),
        block_delta(3, R"({"type":"input_json_delta","partial_json":"\"Rome\"}"})"),
        block_stop(3),
        block_start(4, R"({"type":"tool_use","id":"toolu_2","name":"time","input":{}})"),
        block_stop(4),
        message_delta("tool_use"),
        message_stop,
    };
}

/// The same as a whole answer.
inline const std::string thinking_and_tools_document =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[)"
    R"({"type":"thinking","thinking":"Let me \"see\"","signature":"c2ln"},)"
    R"({"type":"redacted_thinking","data":"ZGF0YQ"},)"
    R"({"type":"text","text":"Looking."},)"
    R"({"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Rome"}},)"
    R"({"type":"tool_use","id":"toolu_2","name":"time","input":{}}],)"
    R"("stop_reason":"tool_use","stop_sequence":null,)"
    R"("usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,)"
    R"("output_tokens":5,"service_tier":"standard"}})";

}  // namespace cloud_backend::test::anthropic
