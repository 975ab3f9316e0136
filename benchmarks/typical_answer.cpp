#include "typical_answer.hpp"

#include <stdexcept>
#include <utility>

namespace cloud_backend::benchmarks {

namespace {

constexpr std::string_view before_stamp = R"(data: {"id":"chatcmpl-)";
static_assert(before_stamp.size() == stamp_position);
constexpr std::string_view before_text =
    R"(","object":"chat.completion.chunk","created":1755000000,"model":"gpt-4o-mini",)"
    R"("system_fingerprint":"fp_51e3a8c0d2","choices":[{"index":0,"delta":{"content":")";
constexpr std::string_view after_text =
    R"("},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":")";
constexpr std::string_view end_of_event = "\"}\n\n";

std::string padded(std::string head, std::string_view tail, std::size_t size) {
    if (head.size() + tail.size() > size) throw std::invalid_argument("the answer is too small");
    head.append(size - head.size() - tail.size(), 'x');
    return head.append(tail);
}

}  // namespace

std::string typical_event(std::string_view stamp) {
    std::string event(before_stamp);
    event.append(stamp).append(before_text).append(event_text).append(after_text);
    return padded(std::move(event), end_of_event, event_bytes);
}

std::string typical_stream(std::size_t chunks) {
    const std::string event = typical_event();
    std::string stream;
    stream.reserve(chunks * event.size());
    for (std::size_t i = 0; i < chunks; ++i) stream += event;
    return stream;
}

std::string typical_document(std::size_t bytes) {
    return padded(
        R"({"id":"chatcmpl-C3mRk0qYt7WvLx5ZbN2dHs8GpJfEa","object":"chat.completion",)"
        R"("created":1755000000,"model":"gpt-4o-mini","choices":[{"index":0,"message":)"
        R"({"role":"assistant","content":")",
        R"(","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,)"
        R"("completion_tokens":200,"total_tokens":219},"system_fingerprint":"fp_51e3a8c0d2"})",
        bytes);
}

}  // namespace cloud_backend::benchmarks
