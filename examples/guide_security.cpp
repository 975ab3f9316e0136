// Keys: renewed, refused where they would be read on the way, and masked wherever a server quotes
// them.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>

#include <iostream>
#include <string>
#include <string_view>

namespace {

namespace cb = cloud_backend;

std::string read_token() {
    return "sk-secret";  // From a vault, or a file that is renewed.
}

/// Quotes the key, as careless servers do.
embedded_server::Answer indiscreet(const embedded_server::Request& request) {
    const std::string key(request.header("Authorization"));
    return embedded_server::Answer::json(401,
                                         R"({"error":{"message":"Wrong key: )" + key + R"("}})");
}

void write_log(cb::LogLevel /*level*/, std::string_view line) {
    if (line.find("sk-secret") != std::string_view::npos) std::cout << "the log tells the key\n";
}

}  // namespace

int main() try {
    const embedded_server::EmbeddedServer server({.handler = indiscreet});

    try {
        //! [refused]
        (void)cb::create_openai_backend(
            {.base_url = "http://llm.example.com/v1", .api_key = "sk-secret"});
        //! [refused]
    } catch (const cb::ConfigError& error) {
        std::cout << error.what() << '\n';
    }

    //! [options]
    const auto backend = cb::create_openai_backend({
        .base_url = server.url(),
        .api_key = read_token,  // Asked for each attempt; must be thread-safe.
        .limits = {.response_body = 4 << 20, .event = 1 << 20},
        .log = write_log,
        .log_level = cb::LogLevel::trace,  // What libcurl says, too.
    });
    //! [options]
    backend->chat_completion({.model = "gpt-4o-mini", .messages = {cb::Message::user("ping")}});
} catch (const cb::Error& error) {
    std::cout << error.what() << '\n';
}
