#pragma once

#include <cloud_backend/content_part.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/raw_json.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cloud_backend {

/// Who says a message.
enum class Role { developer, system, user, assistant, tool };

/// A call of a tool that the model asks for.
struct ToolCall {
    std::string id{};
    std::string type = "function";  ///< Or "custom", or what else the server calls it.
    std::string name{};
    /// JSON text as the model wrote it, which may not be valid JSON; the input of a custom tool.
    std::string arguments{};
    RawJson function_extra{};  ///< Unknown fields beside name and arguments: an object, or empty.
    RawJson extra{};  ///< Fields the library does not know: an object, or empty (SPEC A10).
};

/// An answer that was spoken. Of a stream each delta holds a piece of the data and the transcript.
struct AudioAnswer {
    std::string id{};             ///< By which the service knows it again: all that is sent back.
    std::string data{};           ///< In base64.
    std::string transcript{};     ///< What is said.
    std::int64_t expires_at = 0;  ///< Until when the service knows the id: seconds since 1970.
};

/// One message of a conversation, asked or answered. An answered one can be sent back as it is.
struct CLOUD_BACKEND_EXPORT Message {
    Role role = Role::user;
    std::string content{};             ///< Text.
    std::vector<ContentPart> parts{};  ///< What follows the text.
    std::string name{};
    std::string tool_call_id{};
    std::vector<ToolCall> tool_calls{};
    std::string reasoning{};  ///< Sent back only where `RequestDialect` says so.
    std::string refusal{};
    std::optional<AudioAnswer> audio{};
    /// An array, or empty; see url_citations() in annotations.hpp. Received only; not sent back.
    RawJson annotations{};
    RawJson extra{};  ///< Fields the library does not know: an object, or empty (SPEC A10).

    /// Instructions, which some models rank above the user's words.
    [[nodiscard]] static Message developer(std::string content);
    /// Instructions, in the word most services know.
    [[nodiscard]] static Message system(std::string content);
    /// What is asked.
    [[nodiscard]] static Message user(std::string content);
    /// `Message::user("What is this?", {ImagePart::from_file("photo.jpg")})`
    [[nodiscard]] static Message user(std::string content, std::vector<ContentPart> parts);
    /// What the model said before.
    [[nodiscard]] static Message assistant(std::string content);
    /// What the tool that the model called by `tool_call_id` says.
    [[nodiscard]] static Message tool(std::string tool_call_id, std::string content);
    /// The same, of what JSON says: of anything with `dump()`. Throws as `RawJson` does.
    template <std::convertible_to<RawJson> Json>
    [[nodiscard]] static Message tool(std::string tool_call_id, const Json& content) {
        return tool(std::move(tool_call_id), std::string(RawJson(content).text()));
    }

    // JSON converts itself to text, and throws unless it is one.
    template <std::convertible_to<RawJson> Json>
    static Message developer(const Json& content) = delete;
    template <std::convertible_to<RawJson> Json>
    static Message system(const Json& content) = delete;
    template <std::convertible_to<RawJson> Json>
    static Message user(const Json& content) = delete;
    template <std::convertible_to<RawJson> Json>
    static Message assistant(const Json& content) = delete;
};

}  // namespace cloud_backend
