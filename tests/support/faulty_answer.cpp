#include "faulty_answer.hpp"

#include "backend_fixture.hpp"
#include "faulty_server.hpp"
#include "stored_gzip.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace cloud_backend::test {

namespace {

using namespace std::chrono_literals;
using embedded_server::Answer;

constexpr std::string_view sound_word = " two";
constexpr std::size_t mebibyte = std::size_t{1} << 20;

std::string as_event(std::string_view data) {
    return std::string("data: ").append(data).append("\n\n");
}

/// A body and what the head says of it.
struct Content {
    std::string type{};
    std::string body{};

    [[nodiscard]] Answer sized(embedded_server::Headers headers = {}) const {
        headers.emplace_back("Content-Type", type);
        return Answer::status(200, headers, body);
    }
    [[nodiscard]] Answer chunked() const {
        return Answer::chunked({body}, {{"Content-Type", type}});
    }
    [[nodiscard]] Answer close_delimited() const {
        return Answer::bytes("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\n" + body)
            .then_close();
    }
    [[nodiscard]] Answer gzipped() const {
        return Content{type, stored_gzip(body)}.sized({{"Content-Encoding", "gzip"}});
    }
};

Content json_content(Mode mode, std::string_view json) {
    if (mode == Mode::streamed) return {"text/event-stream", as_event(json)};
    return {"application/json", std::string(json)};
}

Content completion(Mode mode, const std::string& word) {
    if (mode == Mode::plain) {
        return {"application/json",
                R"({"id":"c-1","object":"chat.completion","created":7,"model":"m","choices":[)"
                R"({"index":0,"message":{"role":"assistant","content":"one)" +
                    word + R"( three"},"finish_reason":"stop"}]})"};
    }
    return {"text/event-stream", as_event(content_chunk("one")) + as_event(content_chunk(word)) +
                                     as_event(chunk_json(R"({"content":" three"})", R"("stop")")) +
                                     as_event("[DONE]")};
}

/// The first event is whole, what follows is not.
Answer cut_at_the_middle_word(const Answer& answer) {
    return answer.cut_after(answer.wire().find(sound_word));
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

Answer sound_answer(Mode mode) {
    return completion(mode, std::string(sound_word)).sized();
}

Answer faulty_answer(Fault fault, Mode mode) {
    const Content content = completion(mode, middle_word(fault));
    switch (fault) {
        case Fault::closed_before_a_byte:
            return Answer::bytes("").then_close();
        case Fault::reset_before_a_byte:
            return Answer::bytes("").then_reset();
        case Fault::reset_in_body:
            return cut_at_the_middle_word(content.sized()).then_reset();
        case Fault::short_body:
            return cut_at_the_middle_word(content.sized());
        case Fault::cut_chunk:
            return cut_at_the_middle_word(content.chunked());
        case Fault::status_line_only:
            return Answer::bytes("HTTP/1.1 200 OK\r\n").then_close();
        case Fault::close_delimited_body:
            return content.close_delimited();
        case Fault::cut_close_delimited_body:
            return cut_at_the_middle_word(content.close_delimited());
        case Fault::html:
            return Content{"text/html", "<html><title>Welcome</title></html>"}.sized();
        case Fault::error_object:
            return json_content(mode, R"({"error":{"message":"overloaded","code":503}})").sized();
        case Fault::stall_before_headers:
            return Answer::bytes("").then_stall();
        case Fault::stall_in_body:
            return cut_at_the_middle_word(content.chunked()).then_stall();
        case Fault::trickle:
            return content.sized().in_pieces_of(8).pause_between(20ms);
        case Fault::huge_header:
            return content.sized({{"X-Huge", std::string(std::size_t{100} << 10, 'a')}});
        case Fault::gzip:
            return content.gzipped();
        case Fault::deep_json:
            return json_content(mode, deep_json()).sized();
        default:
            return content.sized();
    }
}

}  // namespace cloud_backend::test
