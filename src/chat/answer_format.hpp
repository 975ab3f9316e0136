#pragma once

#include "chat/json_document.hpp"

#include <cloud_backend/chat.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/response_reader.hpp>

#include <simdjson.h>

#include <optional>
#include <string_view>
#include <variant>

namespace cloud_backend::detail {

/// The data is no event of an answer: not JSON, not an object, or one that cannot be (SPEC E5,
/// A11).
struct MalformedChunk {};

/// An event that says nothing of the answer, such as a ping.
struct NoDelta {};

/// What the answers of a protocol mean: the events of a stream, and whole documents. One object
/// serves one stream after the other.
class AnswerFormat {
public:
    /// `Complete`: the event is the end of the stream.
    using Event = std::variant<const ChatChunk*, NoDelta, Complete, MalformedChunk, ErrorDetails>;

    virtual ~AnswerFormat() = default;

    /// The next event is the first of a stream.
    virtual void begin() = 0;
    /// Reads the data of one event, behind which `SseParser::padding` bytes can be read, into
    /// `chunk`, whatever that held: if the event says something of the answer, it comes back. An
    /// error object comes back as the error (SPEC E1, S7), JSON nested too deeply as
    /// `ErrorCode::limit_exceeded` (T8).
    [[nodiscard]] virtual Event decode(std::string_view data, ChatChunk& chunk) = 0;
    /// The event decoded last belongs to the stream: what follows may be read by it. An event that
    /// was only looked at leaves no trace (SPEC S6).
    /// Before anything else is parsed on this thread.
    virtual void commit() = 0;

    /// The failure that the JSON of a 2xx answer tells of (SPEC E3).
    [[nodiscard]] virtual std::optional<ErrorDetails> find_failure(
        simdjson::dom::element json) const = 0;
    /// A whole answer; empty when the JSON is none. `raw` and `metadata` are left to the caller.
    [[nodiscard]] virtual std::optional<ChatCompletion> read_completion(
        simdjson::dom::element json) const = 0;

protected:
    /// What the data of an event amounts to that could not be parsed.
    [[nodiscard]] static Event event_of(JsonFault fault) {
        if (fault == JsonFault::malformed) return MalformedChunk{};
        return ErrorDetails{.code = ErrorCode::limit_exceeded,
                            .message = "the JSON of an event is nested too deeply"};
    }
};

}  // namespace cloud_backend::detail
