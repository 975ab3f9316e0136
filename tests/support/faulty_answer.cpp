#include "faulty_answer.hpp"

#include "faulty_content.hpp"
#include "faulty_server.hpp"

#include <string>

namespace cloud_backend::test {

namespace {

using embedded_server::Answer;

Answer sized(const Content& content) {
    return Answer::status(200, content.headers, content.body);
}

Answer chunked(const Content& content) {
    return Answer::chunked({content.body}, content.headers);
}

Answer close_delimited(const Content& content) {
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (const auto& [name, value] : content.headers) head += name + ": " + value + "\r\n";
    return Answer::bytes(head + "\r\n" + content.body).then_close();
}

/// The first event is whole, what follows is not.
Answer cut_at_the_middle_word(const Answer& answer) {
    return answer.cut_after(answer.wire().find(sound_word));
}

Answer trickling(const Answer& answer) {
    return answer.in_pieces_of(answer.wire().size() / trickle_pieces + 1)
        .pause_between(trickle_pause);
}

}  // namespace

Answer sound_answer(Mode mode) {
    return sized(sound_content(mode));
}

Answer faulty_answer(Fault fault, Mode mode) {
    const Content content = faulty_content(fault, mode);
    switch (fault) {
        case Fault::closed_before_a_byte:
            return Answer::bytes("").then_close();
        case Fault::reset_before_a_byte:
            return Answer::bytes("").then_reset();
        case Fault::reset_in_body:
            return cut_at_the_middle_word(sized(content)).then_reset();
        case Fault::short_body:
            return cut_at_the_middle_word(sized(content));
        case Fault::cut_chunk:
            return cut_at_the_middle_word(chunked(content));
        case Fault::status_line_only:
            return Answer::bytes("HTTP/1.1 200 OK\r\n").then_close();
        case Fault::close_delimited_body:
        case Fault::html_without_length:
            return close_delimited(content);
        case Fault::cut_close_delimited_body:
            return cut_at_the_middle_word(close_delimited(content));
        case Fault::stall_before_headers:
            return Answer::bytes("").then_stall();
        case Fault::stall_in_body:
            return cut_at_the_middle_word(chunked(content)).then_stall();
        case Fault::trickle:
            return trickling(sized(content));
        default:
            return sized(content);
    }
}

}  // namespace cloud_backend::test
