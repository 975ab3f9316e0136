#include "faulty_content.hpp"

#include "backend_fixture.hpp"
#include "faulty_server.hpp"
#include "stored_gzip.hpp"

#include <cstddef>
#include <utility>

namespace cloud_backend::test {

namespace {

constexpr std::size_t kibibyte = std::size_t{1} << 10;
constexpr std::size_t mebibyte = std::size_t{1} << 20;

std::string as_event(std::string_view data) {
    return std::string("data: ").append(data).append("\n\n");
}

Content content(std::string type, std::string body) {
    return {.headers = {{"Content-Type", std::move(type)}}, .body = std::move(body)};
}

Content json_content(Mode mode, std::string_view json) {
    if (mode == Mode::streamed) return content("text/event-stream", as_event(json));
    return content("application/json", std::string(json));
}

Content completion(Mode mode, const std::string& word) {
    if (mode == Mode::plain) {
        return content(
            "application/json",
            R"({"id":"c-1","object":"chat.completion","created":7,"model":"m","choices":[)"
            R"({"index":0,"message":{"role":"assistant","content":"one)" +
                word + R"( three"},"finish_reason":"stop"}]})");
    }
    return content("text/event-stream",
                   as_event(content_chunk("one")) + as_event(content_chunk(word)) +
                       as_event(chunk_json(R"({"content":" three"})", R"("stop")")) +
                       as_event("[DONE]"));
}

Content with_header(Content original, std::string name, std::string value) {
    original.headers.emplace_back(std::move(name), std::move(value));
    return original;
}

Content with_large_header(Content original, std::size_t size) {
    return with_header(std::move(original), "X-Large", std::string(size, 'a'));
}

Content gzipped(const Content& original) {
    return with_header({original.headers, stored_gzip(original.body)}, "Content-Encoding", "gzip");
}

std::string deep_json() {
    constexpr std::size_t levels = 100'000;
    return R"({"choices":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
}

}  // namespace

std::string middle_word(Fault fault) {
    switch (fault) {
        case Fault::invalid_utf8:
            return " tw\xFFo";
        case Fault::gzip:  // More than one block.
            return std::string(100'000, 'o');
        case Fault::largest_event:  // With all there is to the event.
            return std::string(8 * mebibyte - as_event(content_chunk("")).size(), 'o');
        case Fault::too_large_event:  // The data alone.
            return std::string(8 * mebibyte - content_chunk("").size() + 1, 'o');
        default:
            return std::string(sound_word);
    }
}

Content sound_content(Mode mode) {
    return completion(mode, std::string(sound_word));
}

Content faulty_content(Fault fault, Mode mode) {
    switch (fault) {
        case Fault::html:
        case Fault::html_without_length:
            return content("text/html", "<html><title>Welcome</title></html>");
        case Fault::error_object:
            return json_content(mode, R"({"error":{"message":"overloaded","code":503}})");
        case Fault::large_header:
            return with_large_header(sound_content(mode), 40 * kibibyte);
        case Fault::huge_header:
            return with_large_header(sound_content(mode), 100 * kibibyte);
        case Fault::gzip:
            return gzipped(completion(mode, middle_word(fault)));
        case Fault::deep_json:
            return json_content(mode, deep_json());
        default:
            return completion(mode, middle_word(fault));
    }
}

}  // namespace cloud_backend::test
