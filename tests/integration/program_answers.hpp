#pragma once

#include "backend_fixture.hpp"

#include <embedded_server.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace cloud_backend::test {

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

inline nlohmann::json body_of(const embedded_server::EmbeddedServer& server, std::size_t request) {
    return nlohmann::json::parse(server.requests().at(request).body);
}

inline embedded_server::Answer cut_before(const std::string& event) {
    const embedded_server::Answer whole =
        embedded_server::Answer::stream(with_done(three_word_events()));
    return whole.cut_after(whole.wire().find("data: " + event));
}

inline embedded_server::Answer two_words_of_three() {
    return cut_before(content_chunk(" three"));
}

inline embedded_server::Answer error_answer(int status, const std::string& code) {
    const nlohmann::json error{{"message", "no"}, {"type", "some_error"}, {"code", code}};
    return embedded_server::Answer::json(status, nlohmann::json{{"error", error}}.dump());
}

}  // namespace cloud_backend::test
